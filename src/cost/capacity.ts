/**
 * From bytes to capacity units, by DynamoDB's published arithmetic (developer guide, "DynamoDB reads and writes" and
 * "DynamoDB item sizes"). Replication multiplies what a write costs; that is not counted here.
 */

/** How a read was made: strongly consistent, eventually consistent, or inside a transaction. */
export type Consistency = 'strong' | 'eventual' | 'transactional'

const WRITE_UNIT_BYTES = 1024
const READ_UNIT_BYTES = 4096

const readFactor: Readonly<Record<Consistency, number>> = { eventual: 0.5, strong: 1, transactional: 2 }

/**
 * Units of a write, an update or a delete.
 * @param sizeBytes the larger of the item before and after; 0 when there is none
 */
export function writeUnits(sizeBytes: number, transactional = false): number {
  return Math.max(1, Math.ceil(sizeBytes / WRITE_UNIT_BYTES)) * (transactional ? 2 : 1)
}

/**
 * Units of a read.
 * @param sizeBytes of the one item of a GetItem, or of everything that a page of a Query or Scan read, before any filter; 0 when nothing was found
 */
export function readUnits(sizeBytes: number, consistency: Consistency): number {
  return Math.max(1, Math.ceil(sizeBytes / READ_UNIT_BYTES)) * readFactor[consistency]
}
