import type { Random } from '../../base/random.ts'
import { chance, fraction, integerBelow, pick } from '../../base/random.ts'
import type { TransactedWrite } from '../../engine/item-writer.ts'
import type { OnceOnly } from '../../engine/once-only.ts'
import { onceOnly } from '../../engine/once-only.ts'
import type { RegionEngine } from '../../engine/region-engine.ts'
import type { Table } from '../../engine/table.ts'
import { StoreClosed } from '../../storage/store.ts'
import type { Scene } from '../actor.ts'
import { actor, drawSteps } from '../actor.ts'
import type { Answer, Operation } from '../history.ts'
import { itemKeyOf, valueIn } from '../lab-items.ts'
import type { ItemCall } from './item-clients.ts'
import { judge } from './item-clients.ts'

/** Several items at once: a read of all of them as they are at one moment, or a write of all or none. */
interface Transaction {
  readonly region: string
  readonly kind: 'read' | 'write'
  readonly parts: readonly ItemCall[]
  /** Whether its client, when it has no answer or wants to be sure, sends it again with the same token. */
  readonly again: boolean
  readonly token: string
}

export const transactions = actor<Transaction>({
  share: 0.5,
  draw(frame) {
    const { random, setting } = frame
    if (setting.keyNames.length < 2) return []
    const gapMs = pick(random, [200, 1000, 3000])
    // Two in each Region, so that transactions meet.
    return [...setting.regions, ...setting.regions].flatMap((region, index) => {
      let count = 0
      const lanes = drawSteps(frame, gapMs, (): Transaction => {
        const name = `t${index}.${count++}`
        const kind = chance(random, 0.5) ? 'read' : 'write'
        const keys = drawKeys(random, setting.keyNames)
        const parts = keys.map((key): ItemCall => {
          if (kind === 'read') return { region, kind: 'get', key }
          const write = pick(random, ['put', 'put', 'update', 'delete', 'create', 'replace'] as const)
          return write === 'delete' ? { region, kind: write, key } : { region, kind: write, key, value: name }
        })
        return { region, kind, parts, again: chance(random, 0.3), token: name }
      })
      return lanes.map((lane) => ({ ...lane, name: `t${index}` }))
    })
  },
  async act(transaction, scene) {
    const { lab, history, lane } = scene
    const { region, kind, parts } = transaction
    const served = await lab.served(region)
    if (served === undefined) return
    const { engine, table } = served
    const together = history.nextTransaction()
    const operations = parts.map((part) =>
      history.called({ region, client: lane, kind: part.kind, key: part.key, value: part.value, table: table.number, together }),
    )
    const answer = kind === 'read' ? read(engine, table, operations, scene) : write(engine, table, transaction, operations, scene)
    try {
      const answers = await answer
      for (const [at, operation] of operations.entries()) history.answered(operation, answers[at] ?? refused(scene))
      // What was refused would be a new attempt.
      if (transaction.again && answers.some(({ kind: how }) => how === 'written')) await sendAgain(transaction, operations, scene)
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      for (const operation of operations) history.answered(operation, { kind: 'unknown', atMs: history.nowMs })
      if (kind === 'write' && transaction.again) await sendAgain(transaction, operations, scene)
      throw error
    }
  },
})

async function read(
  engine: RegionEngine,
  table: Table,
  operations: readonly Operation[],
  { history, coverage }: Scene,
): Promise<readonly Answer[]> {
  const wanted = operations.map(({ key }) => ({ table, itemKey: itemKeyOf(key) }))
  if (wanted.some(({ itemKey }) => engine.isBusy(table, itemKey))) return []
  const items = await engine.getItems(wanted)
  coverage.add('items read together')
  return items.map((item) => ({ kind: 'read', atMs: history.nowMs, saw: item && valueIn({ stored: item }) }))
}

async function write(
  engine: RegionEngine,
  table: Table,
  transaction: Transaction,
  operations: readonly Operation[],
  { lab, history, writeLog, coverage }: Scene,
): Promise<readonly Answer[]> {
  const outcome = await engine.transact(
    writesOf(table, transaction, operations, (each) => writeLog.claim(each)),
    onceOnlyBy(transaction, lab.time.nowMs()),
  )
  const atMs = history.nowMs
  switch (outcome.kind) {
    case 'committed':
      coverage.add('transactions committed')
      return outcome.results.map(({ result }) => ({ ...result, atMs }))
    case 'refused':
      coverage.add('transactions whose condition did not hold')
      return outcome.results.map(({ saw }) => ({ kind: 'kept', saw, atMs }))
    case 'conflict':
      coverage.add('transactions that met another')
      return []
    default:
      return []
  }
}

type Result = { readonly kind: 'written' | 'kept'; readonly saw: string | undefined }

function writesOf(
  table: Table,
  { parts }: Transaction,
  operations: readonly Operation[],
  claim: (operation: Operation) => void,
): readonly TransactedWrite<Result>[] {
  return parts.flatMap((part, at) => {
    const operation = operations[at]
    if (operation === undefined) return []
    return {
      table,
      itemKey: itemKeyOf(part.key),
      judge: (before) => {
        claim(operation)
        const verdict = judge(part, before, 0)
        // A condition that does not hold refuses all; a deletion of nothing is none.
        return verdict.kind === 'keep' && part.kind !== 'delete' ? { kind: 'refuse', result: verdict.result } : verdict
      },
    }
  })
}

/** The same token once more: it was carried out before, or is carried out now, and never twice. */
async function sendAgain(transaction: Transaction, operations: readonly Operation[], scene: Scene): Promise<void> {
  const { lab, history, writeLog, coverage } = scene
  const served = await lab.served(transaction.region)
  // A table that was made anew in between is another one, and its items are others.
  if (served === undefined || served.table.number !== operations[0]?.table) return
  const writes = writesOf(served.table, transaction, operations, (each) => writeLog.claim(each))
  const outcome = await served.engine.transact(writes, onceOnlyBy(transaction, lab.time.nowMs()))
  history.note(`transaction ${transaction.token} sent again: ${outcome.kind}`, { region: transaction.region })
  if (outcome.kind === 'repeated') coverage.add('transactions sent again')
  history.repeats.push({ operations: operations.map(({ id }) => id), outcome: outcome.kind })
}

function onceOnlyBy({ token, again }: Transaction, nowMs: number): OnceOnly | undefined {
  return again ? onceOnly(Buffer.from(token, 'utf8'), Buffer.from(token, 'utf8'), nowMs) : undefined
}

function refused({ history }: Scene): Answer {
  return { kind: 'refused', atMs: history.nowMs }
}

function drawKeys(random: Random, names: readonly string[]): readonly string[] {
  const shuffled = names.map((name) => ({ name, at: fraction(random) })).sort((a, b) => a.at - b.at)
  return shuffled.slice(0, 2 + integerBelow(random, names.length - 1)).map(({ name }) => name)
}
