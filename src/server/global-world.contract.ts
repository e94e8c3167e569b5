import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CreateTableCommandInput, TableDescription, UpdateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { createApi } from '../api/api.ts'
import { silentLog } from '../base/log.ts'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import { lagProfiles } from '../world/lag-profile.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import type { ReplicaPace } from '../world/replica-pace.ts'
import { replicaPaces } from '../world/replica-pace.ts'
import { World } from '../world/world.ts'

/** For tests of global tables: Regions in memory, DynamoDB's wire in front of them, and a clock that can be set forward. */
export class GlobalWorld {
  readonly world: World
  readonly endpoint: string
  readonly #clients = new Map<string, DynamoDBClient>()
  readonly #stop: () => Promise<void>
  readonly #clock: MovableClock

  private constructor(parts: { world: World; endpoint: string; clock: MovableClock; stop: () => Promise<void> }) {
    this.world = parts.world
    this.endpoint = parts.endpoint
    this.#clock = parts.clock
    this.#stop = parts.stop
  }

  static async start(options: { readonly pace?: Partial<ReplicaPace> } = {}): Promise<GlobalWorld> {
    const clock = new MovableClock()
    const log = {
      ...silentLog,
      error: (event: string, fields?: object) => {
        throw new Error(`${event} ${JSON.stringify(fields)}`)
      },
    }
    const world = await World.open({
      stores: createMemoryStores({ scheduler: systemTime }),
      regions: [home, there, third],
      clock,
      clockMode: 'hlc',
      scheduler: systemTime,
      random: systemRandom,
      profile: lagProfiles.instant,
      log,
      endedIncarnationsMax: 8,
      replicaPace: { ...replicaPaces.fast, ...options.pace },
    })
    const api = createApi({ controlPlane: world, clock, scheduler: systemTime, random: systemRandom, log, credentials: undefined })
    const server = createServer((request, response) => api.handle(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const stop = async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await world.close()
    }
    return new GlobalWorld({ world, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, clock, stop })
  }

  client(region: string = home): DynamoDBClient {
    const known = this.#clients.get(region)
    if (known !== undefined) return known
    const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
    const client = new DynamoDBClient({ endpoint: this.endpoint, region, credentials, maxAttempts: 1 })
    this.#clients.set(region, client)
    return client
  }

  /** A table in the home Region with a replica in each of `others`, and the whole world at rest. */
  async table(TableName: string, others: readonly string[] = [], more: Partial<CreateTableCommandInput> = {}): Promise<void> {
    await this.client().send(new CreateTableCommand({ TableName, ...keys, BillingMode: 'PAY_PER_REQUEST', ...more }))
    for (const RegionName of others) {
      await this.update(home, { TableName, ReplicaUpdates: [{ Create: { RegionName } }] })
      await this.world.settled()
    }
  }

  async update(region: string, input: UpdateTableCommandInput): Promise<TableDescription> {
    const { TableDescription: table } = await this.client(region).send(new UpdateTableCommand(input))
    if (table === undefined) throw new Error('UpdateTable describes the table')
    return table
  }

  async describe(region: string, TableName: string): Promise<TableDescription> {
    const { Table: table } = await this.client(region).send(new DescribeTableCommand({ TableName }))
    if (table === undefined) throw new Error('DescribeTable describes the table')
    return table
  }

  advance(ms: number): void {
    this.#clock.aheadMs += ms
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy()
    await this.#stop()
  }
}

class MovableClock {
  aheadMs = 0

  nowMs(): number {
    return systemTime.nowMs() + this.aheadMs
  }
}

export const [home, there, third] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const

const keys = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
}

/** What a call is refused with: the name of the exception, and its text. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly [string, string]> {
  try {
    await call
  } catch (error) {
    if (error instanceof Error) return [error.name, error.message]
  }
  throw new Error('it was not refused')
}
