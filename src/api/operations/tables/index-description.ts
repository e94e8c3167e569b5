import { decreasesOn } from '../../../engine/provisioned-units.ts'
import type { Index, IndexBlueprint, OnDemandMaximum } from '../../../engine/table.ts'
import { statusAt } from '../../../engine/table.ts'
import { warmedIndex } from '../../../engine/warm-units.ts'
import type { IndexKeySchema } from '../../../item/key-schema.ts'
import type { TableView } from '../../control-plane.ts'
import { tableArn } from '../arn.ts'
import type { CallContext } from '../operation.ts'
import { optionalSeconds } from './timestamps.ts'
import { describeWarm } from './warm-throughput.ts'

type Describing = Pick<CallContext, 'region' | 'nowMs' | 'controlPlane'>

/** The indexes of a table as DescribeTable shows them; a table without any of a kind has no such member. */
export function describeIndexes(context: Describing, view: TableView): object {
  const { region } = context
  const { indexes } = view.table
  const local = indexes.filter(({ kind }) => kind === 'local').map((index) => describeIndex(region, view, index))
  const global = indexes
    .filter(({ kind }) => kind === 'global')
    .map((index) => ({ ...describeIndex(region, view, index), ...describeGlobal(context, view, index) }))
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

function describeGlobal({ nowMs, controlPlane }: Describing, { table }: TableView, index: Index): object {
  const { readUnits, writeUnits, lastIncreaseAtMs, lastDecreaseAtMs } = index.throughput ?? noUnits
  const tableStatus = statusAt(table, nowMs)
  return {
    // An index that was made with its table comes with it; one that was added is filled once the table is ACTIVE again. A table that is being restored
    // tells nothing of it (observed on AWS, 2026-10).
    IndexStatus: table.filling !== undefined ? undefined : tableStatus === 'CREATING' ? 'CREATING' : index.status,
    Backfilling: index.status === 'CREATING' ? tableStatus === 'ACTIVE' : undefined,
    ProvisionedThroughput: {
      LastIncreaseDateTime: optionalSeconds(lastIncreaseAtMs),
      LastDecreaseDateTime: optionalSeconds(lastDecreaseAtMs),
      NumberOfDecreasesToday: index.throughput === undefined ? 0 : decreasesOn(index.throughput, nowMs),
      ReadCapacityUnits: readUnits,
      WriteCapacityUnits: writeUnits,
    },
    OnDemandThroughput: describeMaximum(index.onDemandMaximum),
    WarmThroughput: describeWarm(warmedIndex(index, table.settings.billing), nowMs, controlPlane.lifecycleDelayMs),
  }
}

const noUnits = { readUnits: 0, writeUnits: 0, lastIncreaseAtMs: undefined, lastDecreaseAtMs: undefined }

/** A member without a maximum is left out. */
export function describeMaximum(maximum: OnDemandMaximum | undefined): object | undefined {
  return maximum && { MaxReadRequestUnits: maximum.readUnits, MaxWriteRequestUnits: maximum.writeUnits }
}
