import type { Version } from '../replication/version.ts'
import { encodeVersion } from '../replication/version.ts'

/** Plausible mistakes of whoever writes what `merge` keeps beside an item, as changes of a version's bytes. */

/** The parts of an item are not told from each other: the whole image counts as one write. */
export function withoutMergeData(version: Version): Version {
  return version.merge === undefined ? version : encodeVersion({ ...version, merge: undefined })
}

/** An accumulator is named by the log that it is in, and not by the write that it began with; so one that was closed, or collected, is begun again under its name. */
export function withRestartedAccumulators(version: Version): Version {
  if (version.merge === undefined) return version
  const data = JSON.parse(Buffer.from(version.merge).toString('utf8')) as { t?: Record<string, NodeData> }
  for (const node of Object.values(data.t ?? {})) restart(node)
  return encodeVersion({ ...version, merge: Buffer.from(JSON.stringify(data), 'utf8') })
}

/** As `merge-codec.ts` writes them. */
interface NodeData {
  r?: [number, unknown, AbsorbedData?, unknown?][]
  a?: [[number, number], number, string][]
  z?: [number, AbsorbedData][]
  m?: Record<string, NodeData>
}

type AbsorbedData = [[number, number], string, number][]

function restart({ r = [], a = [], z = [], m = {} }: NodeData): void {
  for (const [id] of a) id[1] = 1
  for (const [, , absorbed = []] of r) for (const [id] of absorbed) id[1] = 1
  for (const [, absorbed] of z) for (const [id] of absorbed) id[1] = 1
  for (const member of Object.values(m)) restart(member)
}
