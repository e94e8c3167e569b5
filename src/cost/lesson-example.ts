/**
 * The lesson's example as a workload. Its 1,000 writes a second can be read as made in each Region (A) or in all together (B); each Region pays for all
 * of them, so the two differ by the number of Regions.
 */
export type Reading = 'A' | 'B'

export const lessonRegions = ['us-east-1', 'us-west-2', 'eu-west-1'] as const

export const lessonWorkload = { writesPerSecond: 1000, readsPerSecond: 5000, itemBytes: 1024, storedGb: 100, regions: 3 } as const

/** What `everywrite estimate` takes. */
export function lessonExample(
  reading: Reading,
  more: Readonly<Record<string, unknown>> = {},
  reads: 'strong' | 'eventual' = 'strong',
): object {
  const { writesPerSecond, readsPerSecond, itemBytes, storedGb } = lessonWorkload
  const table = {
    name: 'items',
    itemBytes,
    storedGb,
    writes: [{ region: reading === 'A' ? 'every' : lessonRegions[0], perSecond: writesPerSecond }],
    reads: [{ region: 'every', perSecond: readsPerSecond, consistency: reads }],
  }
  return { regions: lessonRegions, tables: [table], ...more }
}

/** The Aurora that is put beside it: two instances in the primary Region, one in each other. A guess at its size, not a benchmark. */
export const lessonAurora = {
  instanceClass: 'r7g.2xlarge',
  instances: { 'us-east-1': 2, 'us-west-2': 1, 'eu-west-1': 1 },
} as const

/** All that is provisioned is used: what the lesson reckons with. */
export const fullyUsed = { mode: 'provisioned', targetUtilization: 1 } as const
