import { mkdir, mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, UpdateContinuousBackupsCommand } from '@aws-sdk/client-dynamodb'
import { createApi } from '../api/api.ts'
import type { Log, LogFields } from '../base/log.ts'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import { lagProfiles } from '../world/lag-profile.ts'
import { World } from '../world/world.ts'
import type { ObjectStore } from '../transfer/object-store.ts'
import { openFolderObjectStore } from './folder-object-store.ts'

/** For tests of exports and imports: a world in memory with buckets in a temporary folder, and DynamoDB's wire in front of it. */
export interface TransferWorld {
  readonly world: World
  readonly objects: ObjectStore
  /** Of the bucket `bucket`. */
  readonly bucketPath: string
  readonly client: DynamoDBClient
  readonly endpoint: string
  readonly logged: readonly { readonly event: string; readonly fields: LogFields }[]
  /** Sets all clocks forward. */
  advance(this: void, ms: number): void
  nowMs(this: void): number
  /** Settles when so many exports and imports have ended since the world began. */
  ended(this: void, count: number): Promise<void>
  /** Switches point-in-time recovery on. */
  recover(this: void, tableName: string): Promise<void>
  close(): Promise<void>
}

export const region = 'us-east-1'
const endings = new Set(['export-completed', 'export-failed', 'table-filled', 'table-not-filled'])

/** @param decorate puts something between the jobs and the buckets */
export async function startTransferWorld(decorate: (plain: ObjectStore) => ObjectStore = (plain) => plain): Promise<TransferWorld> {
  const root = await mkdtemp(join(tmpdir(), 'everywrite-transfer-'))
  const bucketPath = join(root, 'bucket')
  await mkdir(bucketPath)
  const objects = decorate(await openFolderObjectStore(root))
  let aheadMs = 0
  const clock = { nowMs: () => systemTime.nowMs() + aheadMs }
  const logged: { event: string; fields: LogFields }[] = []
  const waiters = new Set<() => void>()
  const note = (event: string, fields: LogFields = {}): void => {
    logged.push({ event, fields })
    for (const look of waiters) look()
  }
  const log: Log = { info: note, warn: note, error: note }
  const world = await World.open({
    stores: createMemoryStores({ scheduler: systemTime }),
    objects,
    regions: [region],
    clock,
    clockMode: 'hlc',
    scheduler: systemTime,
    random: systemRandom,
    profile: lagProfiles.instant,
    log,
    endedIncarnationsMax: 8,
  })
  const api = createApi({ controlPlane: world, clock, scheduler: systemTime, random: systemRandom, log, credentials: undefined })
  const server = createServer((request, response) => api.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
  const client = new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 })
  return {
    world,
    objects,
    bucketPath,
    client,
    endpoint,
    logged,
    advance: (ms) => void (aheadMs += ms),
    nowMs: () => clock.nowMs(),
    async ended(count) {
      const isReached = (): boolean => logged.filter(({ event }) => endings.has(event)).length >= count
      if (!isReached()) {
        await new Promise<void>((resolve) => {
          const look = (): void => {
            if (isReached() && waiters.delete(look)) resolve()
          }
          waiters.add(look)
        })
      }
    },
    async recover(TableName) {
      const on = { PointInTimeRecoveryEnabled: true }
      await client.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification: on }))
    },
    async close() {
      client.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await world.close()
    },
  }
}
