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
] as const

export class Coverage {
  readonly #countByName = new Map<CoverageName, number>(coverageNames.map((name) => [name, 0]))

  add(name: CoverageName, count = 1): void {
    this.#countByName.set(name, (this.#countByName.get(name) ?? 0) + count)
  }

  count(name: CoverageName): number {
    return this.#countByName.get(name) ?? 0
  }

  entries(): readonly (readonly [CoverageName, number])[] {
    return [...this.#countByName]
  }
}
