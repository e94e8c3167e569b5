import type { ChangeRecord } from '../engine/change-log.ts'
import { changeRange, decodeChange } from '../engine/change-log.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import { imageText, valueIn } from './lab-items.ts'
import type { Facts } from './checker.ts'
import type { Operation } from './history.ts'
import { mergedKeys } from './merged-item.ts'
import { streamedTables } from './stream-consumer.ts'
import type { Violation } from './violation.ts'

/**
 * Judges what the applications read of each Region's stream, once they have read to the end: every change, once, in order for each item, each old
 * image the new image before it [REP-40]; and every write that was acknowledged in this Region is among them.
 */
export async function checkStreams({ plan, world, history, keyName }: Facts): Promise<readonly Violation[]> {
  if (!plan.setting.stream) return []
  const violations: Violation[] = []
  for (const { name: region, running } of world.regions()) {
    if (running === undefined) continue
    const { engine } = running
    const consumer = history.consumerIn(region)
    while ((await consumer.read(engine, 1000)) > 0);
    for (const table of streamedTables(engine)) {
      const records = consumer.recordsByTable.get(table.number) ?? []
      const wrong = (key: string | undefined, message: string): number =>
        violations.push({ rule: 'a stream is not what happened', key, message: `${region}: ${message}` })
      const [read, logged] = [new Set(records.map(({ sequence }) => sequence)), await sequencesIn(engine, table.number)]
      for (const sequence of logged) if (!read.has(sequence)) wrong(undefined, `the change ${sequence} never came`)
      checkChain(records, keyName, wrong)
      const here = history.operations.filter((operation) => operation.region === region && operation.table === table.number)
      for (const operation of here) {
        if (!isTold(operation, records, keyName)) wrong(operation.key, `#${operation.id} was acknowledged and is not in the stream`)
      }
    }
  }
  return violations
}

async function sequencesIn(engine: RegionEngine, table: number): Promise<readonly bigint[]> {
  const { entries } = await engine.store.page(changeRange(table, 0n), { entriesMax: 100_000, bytesMax: 1 << 28 })
  return entries.map(({ key, value }) => decodeChange(key, value).sequence)
}

function checkChain(
  records: readonly ChangeRecord[],
  keyName: (itemKey: Uint8Array) => string,
  wrong: (key: string, message: string) => void,
): void {
  const lastByKey = new Map<string, ChangeRecord>()
  for (const record of records) {
    const key = keyName(record.itemKey)
    const last = lastByKey.get(key)
    lastByKey.set(key, record)
    const [was, is] = [imageText(record.before), imageText(record.after)]
    if (was === is) wrong(key, `${is} is said to have changed into itself`)
    if (last === undefined) continue
    if (record.sequence === last.sequence) wrong(key, `the change ${record.sequence} came twice`)
    else if (record.sequence < last.sequence) wrong(key, `the change ${record.sequence} came after ${last.sequence}`)
    else if (imageText(last.after) !== was) wrong(key, `${was} is said to have been there, it was ${imageText(last.after)}`)
  }
}

/** Whether the stream shows what an acknowledged write did. One that wrote what was there before did nothing. */
function isTold(
  { answer, key, value, kind }: Operation,
  records: readonly ChangeRecord[],
  keyName: (itemKey: Uint8Array) => string,
): boolean {
  if (answer?.kind !== 'written' || kind === 'put-same' || isMerged(key)) return true
  const shows = (item: StoredItem | undefined): string | undefined => item && valueIn({ stored: item })
  return records.some(
    ({ itemKey, before, after }) =>
      keyName(itemKey) === key && shows(after) === value && (value !== undefined || shows(before) === answer.saw),
  )
}

/** What is written to these is not a value, and is judged by `check-merged.ts`. */
function isMerged(key: string): boolean {
  return mergedKeys.some((each) => each === key)
}
