import { expect, test } from 'vitest'
import { integerBelow, seededRandom } from '../base/random.ts'
import { sequenceAt } from '../engine/change-log.ts'
import { RegionEngine } from '../engine/region-engine.ts'
import { encodeImage, StoredItem } from '../engine/stored-item.ts'
import { onDemandSettings } from '../engine/table.ts'
import { encodeItemKey } from '../item/item-key.ts'
import { isInvalid } from '../item/invalid.ts'
import { RegionClock } from '../replication/region-clock.ts'
import { Versions } from '../replication/versions.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import { systemTime } from '../base/system-time.ts'
import { changedItems, itemsAt } from './table-history.ts'

const names = Array.from({ length: 60 }, (_, at) => `key-${at}`)

test('what a table was, and what changed in it, is the same whatever fits into memory', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed)
    let nowMs = 1_000_000
    const clock = { nowMs: () => nowMs }
    const versioning = new Versions({ region: 'us-east-1', clock: new RegionClock(clock, 'hlc'), trueClock: clock, random })
    const store = createMemoryStore({ scheduler: systemTime })
    const engine = await RegionEngine.open({ region: 'us-east-1', store, versioning, clock, random })
    const schema = { partition: { name: 'pk', type: 'S' }, sort: undefined } as const
    const table = await engine.createTable({
      name: 'any',
      schema,
      attributeDefinitions: [{ name: 'pk', type: 'S' }],
      settings: onDemandSettings(0),
      tags: {},
      own: { recovery: { sinceMs: nowMs, days: 35 } },
    })
    if (table === undefined) throw new Error('there is no table')

    const shown = new Map<string, number>()
    const states = new Map([[nowMs, new Map<string, number>()]])
    for (let step = 1; step <= 300; step++) {
      nowMs += integerBelow(random, 3)
      const name = names[integerBelow(random, names.length)] ?? ''
      const key = encodeItemKey(schema, { pk: { S: name } })
      if (isInvalid(key)) throw new Error(key.invalid)
      const item = new StoredItem(encodeImage({ pk: { S: name }, step: { N: String(step) } }), 20)
      const isDeleted = integerBelow(random, 3) === 0
      await engine.write(table, key, () => (isDeleted ? { kind: 'delete', result: undefined } : { kind: 'put', item, result: undefined }))
      if (isDeleted) shown.delete(name)
      else shown.set(name, step)
      states.set(nowMs, new Map(shown))
    }

    const moments = [...states.keys()]
    const snapshot = await store.snapshot()
    for (const gatheredBytesMax of [1, 700, 3000, 1_000_000]) {
      const history = { snapshot, versioning, table, scheduler: systemTime, gatheredBytesMax }
      for (let each = 0; each < 5; each++) {
        const [from = 0, to = 0] = [integerBelow(random, moments.length), integerBelow(random, moments.length)]
          .sort((a, b) => a - b)
          .map((at) => moments[at])
        const [before, after] = [states.get(from) ?? shown, states.get(to) ?? shown]
        const items = new Map<string, number>()
        for await (const { item } of itemsAt(history, sequenceAt(to + 1) - 1n)) items.set(...entryOf(item))
        expect(items).toEqual(after)

        const changes = new Map<string, readonly [number | undefined, number | undefined]>()
        for await (const change of changedItems(history, sequenceAt(from + 1), sequenceAt(to + 1))) {
          const [was, is] = [change.before && entryOf(change.before.item), change.after && entryOf(change.after.item)]
          changes.set((was ?? is)?.[0] ?? '', [was?.[1], is?.[1]])
        }
        for (const name of names) {
          const [was, is] = [before.get(name), after.get(name)]
          if (was !== is) expect(changes.get(name)).toEqual([was, is])
          else expect(changes.get(name)?.[0]).toBe(changes.get(name)?.[1])
        }
      }
    }
    snapshot.close()
  }
})

function entryOf({ pk, step }: StoredItem['item']): [string, number] {
  return [pk !== undefined && 'S' in pk ? pk.S : '', step !== undefined && 'N' in step ? Number(step.N) : 0]
}
