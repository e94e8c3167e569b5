import type { Index, IndexBlueprint } from '../../engine/table.ts'
import type { IndexKeySchema } from '../../item/key-schema.ts'
import type { TableView } from '../control-plane.ts'
import { tableArn } from './arn.ts'

/** The indexes of a table as DescribeTable shows them; a table without any of a kind has no such member. */
export function describeIndexes(region: string, view: TableView): object {
  const { indexes } = view.table
  const local = indexes.filter(({ kind }) => kind === 'local').map((index) => describeIndex(region, view, index))
  const global = indexes
    .filter(({ kind }) => kind === 'global')
    .map((index) => ({ ...describeIndex(region, view, index), ...describeGlobal(view, index) }))
  return {
    LocalSecondaryIndexes: local.length === 0 ? undefined : local,
    GlobalSecondaryIndexes: global.length === 0 ? undefined : global,
  }
}

export function keyElements({ partition, sort }: IndexKeySchema): readonly object[] {
  return [
    ...partition.map(({ name }) => ({ AttributeName: name, KeyType: 'HASH' })),
    ...sort.map(({ name }) => ({ AttributeName: name, KeyType: 'RANGE' })),
  ]
}

export function describeProjection({ projection }: IndexBlueprint): object {
  return { ProjectionType: projection.kind, NonKeyAttributes: projection.kind === 'INCLUDE' ? projection.attributes : undefined }
}

function describeIndex(region: string, { table, indexes }: TableView, index: Index): object {
  const { itemCount, sizeBytes } = indexes[index.name] ?? { itemCount: 0, sizeBytes: 0 }
  return {
    IndexName: index.name,
    KeySchema: keyElements(index),
    Projection: describeProjection(index),
    IndexSizeBytes: sizeBytes,
    ItemCount: itemCount,
    IndexArn: `${tableArn(region, table.name)}/index/${index.name}`,
  }
}

function describeGlobal({ table }: TableView, { status, throughput, onDemandMaximum }: Index): object {
  const { readUnits, writeUnits } = throughput ?? { readUnits: 0, writeUnits: 0 }
  return {
    // A table that is being restored tells nothing of it (observed on AWS, 2026-10).
    IndexStatus: table.filling === undefined ? status : undefined,
    Backfilling: status === 'CREATING' ? true : undefined,
    ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits },
    OnDemandThroughput: onDemandMaximum && {
      MaxReadRequestUnits: onDemandMaximum.readUnits ?? -1,
      MaxWriteRequestUnits: onDemandMaximum.writeUnits ?? -1,
    },
    WarmThroughput:
      table.settings.billing.mode === 'PAY_PER_REQUEST'
        ? { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000, Status: 'ACTIVE' }
        : { ReadUnitsPerSecond: readUnits, WriteUnitsPerSecond: writeUnits, Status: 'ACTIVE' },
  }
}
