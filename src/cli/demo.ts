import { setTimeout as sleep } from 'node:timers/promises'
import type { ConflictReport, ConflictsReply, InjectedReply } from '../admin/wire.ts'
import { memoryServer } from '../server/memory-server.ts'
import { startServer } from '../server/start-server.ts'
import { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { assertPositionals } from './command.ts'
import { printConflict } from './conflicts.ts'
import type { DemoUsers } from './demo-users.ts'
import { createDemoUsers } from './demo-users.ts'
import { print, printJson, style } from './output.ts'
import { verifyTable } from './verify.ts'

const help = `everywrite demo: two conflicts, narrated, in a world of its own

Two Regions, one user, two e-mail addresses. First the Regions cannot reach each other; then the clock of one of them is ahead. Nothing of a server
that runs is touched. Exit code 0 when the replicas ended equal and both writes that lost are in the ledger.

  --json       as JSON`

const [east, west] = ['us-east-1', 'us-west-2'] as const
const table = 'users'

export const demo: Command = {
  help,
  options: {},
  async run(args) {
    assertPositionals(args, 0)
    const json = args.values['json'] === true
    const say = json ? (): void => undefined : print
    const server = await startServer(memoryServer([east, west]))
    const endpoint = `http://127.0.0.1:${server.port}`
    const users = await createDemoUsers(endpoint, table, [east, west])
    try {
      say(`${style.strong('everywrite demo')}: the table ${table} in ${east} and ${west}, one server, ${endpoint}`)
      const stage: Stage = { users, client: new AdminClient(endpoint), say, show: !json }
      const scenes = [await partition(stage), await fastClock(stage)]
      const passed = scenes.every((scene) => scene.converged && scene.expectedLoserInLedger)
      say()
      say(
        passed
          ? 'Both times the replicas ended equal, and the write that lost is in the ledger.'
          : style.bad('This did not go as it should.'),
      )
      say(`Your own turn: ${style.accent('everywrite start')}, then ${style.accent('everywrite fault --help')}.`)
      if (json) printJson({ scenes, passed })
      return passed ? 0 : 1
    } finally {
      users.close()
      await server.close()
    }
  },
}

interface Stage {
  readonly users: DemoUsers
  readonly client: AdminClient
  readonly say: (text?: string) => void
  readonly show: boolean
}

interface Scene {
  readonly scene: string
  readonly reads: readonly Read[]
  readonly converged: boolean
  readonly expectedLoserInLedger: boolean
  readonly conflicts: readonly ConflictReport[]
}

interface Read {
  readonly when: string
  readonly region: string
  readonly email: string | undefined
}

async function partition(stage: Stage): Promise<Scene> {
  const { users, client, say } = stage
  say()
  say(style.strong(`1. The same user in two Regions that cannot reach each other`))
  await users.setEmail(east, 'ann', 'ann@email.com')
  await users.untilShown(west, 'ann', 'ann@email.com')
  const { id } = await client.post<InjectedReply>('faults', { kind: 'partition', between: [east, west] })
  say('   The link is cut. Both Regions go on taking writes:')
  await writeBoth(stage, 'ann')
  const reads = await readBoth(stage, 'ann', 'during the partition')
  say('   The link heals.')
  await client.delete(`faults/${id}`)
  return conclude(stage, { scene: 'partition', user: 'ann', loser: 'new@email.com', winner: 'different@email.com', reads })
}

async function fastClock(stage: Stage): Promise<Scene> {
  const { users, client, say } = stage
  say()
  say(style.strong(`2. The clock of ${east} is 2 seconds ahead, and replication takes 400 ms`))
  await users.setEmail(east, 'bob', 'bob@email.com')
  await users.untilShown(west, 'bob', 'bob@email.com')
  await client.post<InjectedReply>('faults', { kind: 'skew', region: east, ms: 2000 })
  for (const [from, to] of [
    [east, west],
    [west, east],
  ]) {
    await client.post<InjectedReply>('faults', { kind: 'latency', from, to, ms: 400 })
  }
  say('   No link is cut this time; neither Region has heard of the other’s write yet:')
  await writeBoth(stage, 'bob')
  const reads = await readBoth(stage, 'bob', 'before replication')
  const scene = await conclude(stage, { scene: 'clock-skew', user: 'bob', loser: 'different@email.com', winner: 'new@email.com', reads })
  say(`   ${west} wrote later and lost: last writer wins believes the clocks. The true times are in the ledger.`)
  await client.delete('faults')
  return scene
}

/** As the lesson tells it: us-east-1 first, us-west-2 fifty milliseconds later. */
async function writeBoth({ users, say }: Stage, user: string): Promise<void> {
  say(`     ${timeOfDay()}  ${east}  sets the e-mail of ${user} to new@email.com`)
  await users.setEmail(east, user, 'new@email.com')
  await sleep(50)
  say(`     ${timeOfDay()}  ${west}  sets the e-mail of ${user} to different@email.com`)
  await users.setEmail(west, user, 'different@email.com')
}

async function readBoth({ users, say }: Stage, user: string, when: string): Promise<readonly Read[]> {
  const reads: Read[] = []
  for (const region of [east, west]) {
    const email = await users.email(region, user)
    say(`     ${timeOfDay()}  ${region}  shows ${email ?? 'nothing'}`)
    reads.push({ when, region, email })
  }
  return reads
}

interface Ending {
  readonly scene: string
  readonly user: string
  readonly loser: string
  readonly winner: string
  readonly reads: readonly Read[]
}

/** Waits until both Regions hold the same, and looks for the write that must have lost. */
async function conclude(stage: Stage, ending: Ending): Promise<Scene> {
  const { client, say, show } = stage
  const beganMs = performance.now()
  const { verdict } = await verifyTable(client, table, beganMs + convergenceMsMax)
  const tookMs = Math.round(performance.now() - beganMs)
  const converged = verdict === 'converged'
  say(
    converged
      ? `   After ${tookMs} ms both Regions hold the same:`
      : style.bad(`   The Regions are not equal after ${tookMs} ms (${verdict}).`),
  )
  const after = await readBoth(stage, ending.user, 'after')
  const reply = await client.get<ConflictsReply>(`conflicts?table=${table}`)
  const conflicts = reply.conflicts.filter(({ key }) => JSON.stringify(key['id']) === JSON.stringify({ S: ending.user }))
  const expectedLoserInLedger =
    after.every(({ email }) => email === ending.winner) &&
    conflicts.length === 1 &&
    conflicts.every((conflict) => emailIn(conflict) === ending.loser)
  say('   The ledger:')
  if (show) for (const conflict of conflicts) printConflict(conflict, '     ')
  return { scene: ending.scene, reads: [...ending.reads, ...after], converged, expectedLoserInLedger, conflicts }
}

const convergenceMsMax = 10_000

function emailIn({ loser }: ConflictReport): unknown {
  const email = loser.item?.['email']
  return typeof email === 'object' && email !== null ? Reflect.get(email, 'S') : undefined
}

function timeOfDay(): string {
  return new Date().toISOString().slice(11, 23)
}
