/** The whole product in this process, with memory for stores: every operation, and every error that is logged. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Api } from '../../src/api/api.ts'
import { createApi } from '../../src/api/api.ts'
import type { OperationName } from '../../src/api/service-model.ts'
import type { Log } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/system-random.ts'
import { systemTime } from '../../src/base/system-time.ts'
import { lagProfiles } from '../../src/world/lag-profile.ts'
import { createMemoryStores } from '../../src/world/memory-stores.ts'
import { World } from '../../src/world/world.ts'
import { tableNames } from './operation-inputs.ts'

export interface FuzzedWorld {
  readonly api: Api
  /** What was logged as an error, in words. */
  readonly errors: string[]
  call(operation: OperationName, input: unknown): Promise<Answer>
  /** Makes the tables tab0 and tab1 where they are not. */
  makeTables(): Promise<void>
  dropTables(): Promise<void>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const region = 'us-east-1'

export async function openFuzzedWorld(): Promise<FuzzedWorld> {
  const errors: string[] = []
  const log: Log = {
    info() {},
    warn() {},
    error: (event, fields) => {
      const { error } = fields ?? {}
      errors.push(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)}`)
    },
  }
  const world = await World.open({
    stores: createMemoryStores({ scheduler: systemTime }),
    regions: [region, 'us-west-2', 'eu-west-1'],
    clock: systemTime,
    clockMode: 'hlc',
    scheduler: systemTime,
    random: systemRandom,
    profile: lagProfiles.instant,
    log,
    endedIncarnationsMax: 8,
  })
  const api = createApi({
    controlPlane: world,
    clock: systemTime,
    scheduler: systemTime,
    random: systemRandom,
    log,
    credentials: undefined,
    throttling: false,
  })
  const call = async (operation: OperationName, input: unknown): Promise<Answer> => {
    const { status, body } = await api.call(region, operation, input)
    // Some operations answer with nothing at all.
    const text = body.length === 0 ? '{}' : Buffer.from(body).toString()
    return { status, body: JSON.parse(text) as Record<string, unknown> }
  }
  return {
    api,
    errors,
    call,
    async makeTables() {
      for (const TableName of ['tab0', 'tab1']) await call('CreateTable', { ...tableInput, TableName })
    },
    async dropTables() {
      for (const TableName of tableNames) {
        await call('UpdateTable', { TableName, DeletionProtectionEnabled: false })
        for (const RegionName of ['us-west-2', 'eu-west-1', 'eu-north-1']) {
          await call('UpdateTable', { TableName, ReplicaUpdates: [{ Delete: { RegionName } }] })
        }
        await call('DeleteTable', { TableName })
      }
    },
    close: () => world.close(),
  }
}

const tableInput = {
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: keys('pk', 'sk'),
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'g0', AttributeType: 'S' },
    { AttributeName: 'g1', AttributeType: 'N' },
  ],
  LocalSecondaryIndexes: [{ IndexName: 'local', KeySchema: keys('pk', 'g1'), Projection: { ProjectionType: 'KEYS_ONLY' } }],
  GlobalSecondaryIndexes: [
    { IndexName: 'global', KeySchema: keys('g0', 'g1'), Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] } },
  ],
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
}

function keys(partition: string, sort: string): object[] {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ]
}

/** Live bytes, after the garbage is gone. */
export function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) gc()
  return process.memoryUsage().heapUsed
}
