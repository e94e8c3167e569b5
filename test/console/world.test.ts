import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { FaultsReply, SchedulesReply } from '../../src/admin/wire.ts'
import { makeGlobalTable } from '../global-table.ts'
import type { Program } from '../program.ts'
import { startProgram } from '../program.ts'
import type { ConsolePage } from './console-page.ts'
import { browserPath, expectFit, openConsole } from './console-page.ts'

describe.skipIf(browserPath === undefined)('the World page of the console', { timeout: 120_000 }, () => {
  let program: Program
  let shown: ConsolePage
  beforeAll(async () => {
    program = await startProgram(['--memory', '--regions', 'us-east-1,us-west-2,eu-west-1'])
    shown = await openConsole(program.url)
  })
  afterEach(async () => {
    await fetch(`${program.url}/_everywrite/faults`, { method: 'DELETE' })
    expect(shown.problems).toEqual([])
  })
  afterAll(async () => {
    await shown.close()
    await program.stop()
  })

  const faults = async (): Promise<FaultsReply['faults']> => {
    const response = await fetch(`${program.url}/_everywrite/faults`)
    return ((await response.json()) as FaultsReply).faults
  }

  test('shows every Region where it is, and says that nothing is replicated yet', async () => {
    const { page } = shown
    for (const region of ['us-east-1', 'us-west-2', 'eu-west-1']) await page.locator(`[data-region="${region}"]`).waitFor()
    await page.getByText('No table has replicas yet').waitFor()
    await page.getByText('Nothing is broken').waitFor()
    await expectFit(shown)
  })

  test('shows the links of a table that has replicas, with their lag, and what waits when one is cut', async () => {
    const { page } = shown
    await makeGlobalTable(program.url, 'users', ['us-east-1', 'eu-west-1'])
    await page.locator('[data-link="us-east-1 eu-west-1"][data-state="up"]').waitFor()
    await page.locator('[data-link="us-west-2 eu-west-1"][data-state="idle"]').waitFor()
    await page.getByRole('row', { name: /us-east-1 eu-west-1 up/ }).waitFor()
    await page.locator('[data-link="us-east-1 eu-west-1"]').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Cut', exact: true }).click()
    await page.locator('[data-link="us-east-1 eu-west-1"][data-state="down"]').waitFor()
    await page.locator('[data-link="eu-west-1 us-east-1"][data-state="down"]').waitFor()
    await page.getByText('heals in 0:').or(page.getByText('heals in 1:')).waitFor()
    await expectFit(shown)
    await page.getByRole('button', { name: /^Heal: us-east-1/ }).click()
    await page.locator('[data-link="us-east-1 eu-west-1"][data-state="up"]').waitFor()
  })

  test.each([
    ['Pause', 'us-west-2 paused', 'pause'],
    ['Outage', 'us-west-2 out of reach', 'outage'],
    ['Crash', 'us-west-2 crashed', 'crash'],
    ['Skew', 'us-west-2 clock +5.0 s', 'skew'],
    ['Throttle', 'us-west-2 throttles all requests', 'throttle'],
    ['Fail', 'us-west-2 fails all requests', 'error'],
    ['Slow', 'us-west-2 answers all requests in 500 ms', 'slow'],
  ])('breaks a Region: %s', async (button, title, kind) => {
    const { page } = shown
    await page.locator('[data-region="us-west-2"]').click()
    await page.getByText(kind === 'crash' ? '5 min' : 'until healed').click()
    await page.getByRole('button', { name: button, exact: true }).click()
    await page.getByRole('listitem').getByText(title, { exact: true }).waitFor()
    await page.locator('[data-region="us-west-2"][data-troubled="true"]').waitFor()
    expect(await faults()).toMatchObject([{ kind, region: 'us-west-2' }])
    await page.getByRole('button', { name: `Heal: ${title}` }).click()
    await page.getByText('Nothing is broken').waitFor()
    expect(await faults()).toEqual([])
  })

  test('slows a link in one direction', async () => {
    const { page } = shown
    await page.locator('[data-link="us-west-2 eu-west-1"]').focus()
    await page.keyboard.press(' ')
    await page.getByLabel('Delay, ms').fill('250')
    await page.getByRole('button', { name: 'Slow to eu-west-1' }).click()
    await page.getByRole('listitem').getByText('us-west-2 → eu-west-1 slowed to 250 ms').waitFor()
    expect(await faults()).toMatchObject([{ kind: 'latency', from: 'us-west-2', to: 'eu-west-1', ms: 250 }])
  })

  test.each([
    ['Transatlantic partition', ['partition', 'partition']],
    ['Lagging Region', ['latency', 'latency', 'latency', 'latency']],
    ['Fast clock', ['skew']],
    ['Region lost', ['crash']],
  ])('has a preset: %s, and `h` heals it', async (title, kinds) => {
    const { page } = shown
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: title }).click()
    await page.getByRole('button', { name: `Heal ${kinds.length} fault` }).waitFor()
    expect((await faults()).map(({ kind }) => kind)).toEqual(kinds)
    await page.keyboard.press('h')
    await page.getByText('Nothing is broken').waitFor()
  })

  test('runs timelines: a flapping link as a preset, and one that is written by hand', async () => {
    const { page } = shown
    const schedules = async (): Promise<number> => {
      const response = await fetch(`${program.url}/_everywrite/schedules`)
      return ((await response.json()) as SchedulesReply).schedules.length
    }
    await page.getByRole('button', { name: 'Flapping link' }).click()
    await page
      .locator('.fault')
      .getByText(/faults? to come$/)
      .waitFor()
    expect(await schedules()).toBe(1)
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('None runs').waitFor()
    expect(await schedules()).toBe(0)
    await page.getByRole('button', { name: 'New…' }).click()
    await page.getByLabel('Timeline', { exact: true }).fill('{"steps": [{"at": "1h", "fault": {"kind": "pause", "region": "moon-1"}}]}')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('alert').getByText('There is no Region moon-1').waitFor()
    await page.getByLabel('Timeline', { exact: true }).fill('{"steps": [{"at": "1h", "fault": {"kind": "pause", "region": "us-west-2"}}]}')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.locator('.fault').getByText('1 fault to come').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('None runs').waitFor()
    // The server said no once, and the browser tells so.
    expect(shown.problems.splice(0)).toEqual([expect.stringContaining('400')])
  })

  test('is used by keyboard alone, and shows the keys', async () => {
    const { page } = shown
    await page.keyboard.press('n')
    await page.locator('[data-region="eu-west-1"][aria-pressed="true"]').waitFor()
    await page.keyboard.press('n')
    await page.locator('[data-region="us-east-1"][aria-pressed="true"]').waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Heal all faults').waitFor()
    expect(await shown.accessibilityProblems()).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('t')
    await page.locator('html[data-theme=dark]').waitFor()
    await page.keyboard.press('t')
    await page.locator('html[data-theme=light]').waitFor()
  })

  test('says when the server is gone, and goes on when it is back', async () => {
    const { page } = shown
    await program.stop()
    await page.getByRole('alert').getByText('The server does not answer').waitFor()
    program = await startProgram(['--memory', '--port', String(program.port)])
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await page.locator('.live[data-state=live]').waitFor()
    shown.problems.splice(0)
  })
})
