import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { expect } from 'vitest'

/** The console in a real browser. */
export interface ConsolePage {
  readonly page: Page
  /** What went wrong so far that no reader would see: errors and warnings of scripts, and requests to anybody but the server. */
  readonly problems: string[]
  /** What axe finds that is serious. */
  accessibilityProblems(): Promise<readonly string[]>
  /** How far the page is wider than the window, pixels. */
  overflowPx(): Promise<number>
  close(): Promise<void>
}

const commands = ['/usr/bin/chromium', 'chromium', 'chromium-browser', 'google-chrome']

/** Undefined: there is none, and the suites are skipped. */
export const browserPath = commands
  .filter((command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0)
  .map((command) => (command.startsWith('/') ? command : spawnSync('which', [command], { encoding: 'utf8' }).stdout.trim()))
  .at(0)

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export async function openConsole(
  url: string,
  options: { readonly theme?: 'light' | 'dark'; readonly width?: number; readonly height?: number } = {},
): Promise<ConsolePage> {
  const folder = await mkdtemp(join(tmpdir(), 'everywrite-browser-'))
  const { theme = 'light', width = 1440, height = 900 } = options
  const context: BrowserContext = await chromium.launchPersistentContext(folder, {
    executablePath: browserPath ?? 'chromium',
    headless: true,
    args: flags,
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(20_000)
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin)) problems.push(`asks somebody else: ${request.url()}`)
  })
  await page.goto(`${url}/console/`)
  return {
    page,
    problems,
    async accessibilityProblems() {
      await page.evaluate(axeSource)
      const found: unknown = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
      const { violations } = found as { violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
    },
    async overflowPx() {
      return Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'))
    },
    async close() {
      await context.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** That the page as it is now is fit to be shown, in both themes, on a phone and on a projector. */
export async function expectFit(shown: ConsolePage): Promise<void> {
  const { page, problems } = shown
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await page.locator(`html[data-theme=${theme}]`).waitFor()
    for (const [width, height] of [
      [390, 844],
      [1920, 1080],
      [1440, 900],
    ] as const) {
      await page.setViewportSize({ width, height })
      expect({ theme, width, overflowPx: await shown.overflowPx() }).toEqual({ theme, width, overflowPx: 0 })
    }
    expect(await shown.accessibilityProblems()).toEqual([])
  }
  await page.emulateMedia({ colorScheme: 'light' })
  expect(problems).toEqual([])
}
