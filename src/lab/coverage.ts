/** What a simulation did at least once: a run that never had a conflict proves nothing about conflicts. */
export type CoverageName = (typeof coverageNames)[number]

export const coverageNames = [
  'writes acknowledged',
  'writes with unknown outcome',
  'conditions that did not hold',
  'conflicts',
  'ledger entries',
  'entries withdrawn',
  'harmless entries',
  'tombstones collected',
  'log records trimmed',
  'crashes',
  'crashes that lost commits',
  'crashes before a call of the store',
  'crashes between commit and flush',
  'crashes between flush and answer',
  'crashes after a read',
  'crashes at a message',
  'process kills at a call',
  'interrupted flushes that landed',
  'process restarts',
  'replicas added',
  'replicas added under writes',
  'replicas removed',
  'regions that came back',
  'incarnations retired',
  'partitions',
  'pauses',
  'one-way delays',
  'messages lost',
  'messages repeated',
  'messages overtaken',
  'clock steps',
  'outages',
  'deletions by a lone replica',
  'writes after a collected tombstone',
  'indexes changed under writes',
  'policies changed under writes',
  'writes refused away from home',
  'conflicts resolved',
  'resolutions that saw something else',
  'conflicts left open',
  'losers that a client had read',
  'conflicts that the highest version lost',
  'steps that a crash interrupted',
  'transactions committed',
  'transactions whose condition did not hold',
  'transactions that met another',
  'transactions sent again',
  'items read together',
  'stream records read in the storm',
  'items that expired',
] as const

/** What is worth meeting in one world: whatever one of them leaves half done, another finds. */
const important: readonly CoverageName[] = [
  'crashes that lost commits',
  'crashes between commit and flush',
  'crashes between flush and answer',
  'process restarts',
  'replicas added under writes',
  'replicas removed',
  'partitions',
  'pauses',
  'one-way delays',
  'messages lost',
  'messages repeated',
  'messages overtaken',
  'clock steps',
  'outages',
  'indexes changed under writes',
  'policies changed under writes',
  'conflicts resolved',
  'transactions committed',
  'stream records read in the storm',
  'items that expired',
]

export const importantPairs: readonly (readonly [CoverageName, CoverageName])[] = important.flatMap((one, at) =>
  important.slice(at + 1).map((other) => [one, other] as const),
)

export class Coverage {
  readonly #countByName = new Map<CoverageName, number>(coverageNames.map((name) => [name, 0]))

  add(name: CoverageName, count = 1): void {
    this.#countByName.set(name, (this.#countByName.get(name) ?? 0) + count)
  }

  addAll(other: Coverage): void {
    for (const [name, count] of other.entries()) this.add(name, count)
  }

  count(name: CoverageName): number {
    return this.#countByName.get(name) ?? 0
  }

  entries(): readonly (readonly [CoverageName, number])[] {
    return [...this.#countByName]
  }
}
