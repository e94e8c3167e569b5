import type { ClassMeter, Meter } from './price-book.ts'

/**
 * From a `usagetype` of AWS's price lists to a Region and a meter. The name is matched as a whole once its prefix is off: `ReplWriteCapacityUnit-Hrs` and
 * `IA-WriteCapacityUnit-Hrs` end as `WriteCapacityUnit-Hrs` does, and are something else.
 */
export interface ListedMeter {
  readonly region: string
  readonly meter: Meter
  /** For how many of the list's units our price is. */
  readonly factor: 1 | 1_000_000
}

export interface ListedProduct {
  readonly usagetype: string
  /** Where the list says it; the prefix of the usage type says it too, but not always. */
  readonly regionCode: string | undefined
  readonly databaseEngine: string | undefined
}

/** Undefined: something that no bill here has. */
export function listedMeter({ usagetype, regionCode, databaseEngine }: ListedProduct): ListedMeter | undefined {
  const transfer = /^([A-Z]+\d?)-([A-Z]+\d?)-AWS-Out-Bytes$/.exec(usagetype)
  if (transfer !== null) return transferMeter(transfer[1], transfer[2])
  const prefix = /^([A-Z]+\d?)-/.exec(usagetype)?.[1]
  const prefixRegion = prefix === undefined ? undefined : regionByPrefix.get(prefix)
  const bare = prefixRegion === undefined ? usagetype : usagetype.slice((prefix?.length ?? 0) + 1)
  const region = regionCode ?? prefixRegion ?? 'us-east-1'
  const found = dynamodbMeter(bare) ?? auroraMeter(bare, databaseEngine)
  return found && { region, ...found }
}

type Found = Omit<ListedMeter, 'region'>

function transferMeter(from: string | undefined, to: string | undefined): ListedMeter | undefined {
  const [source, destination] = [from, to].map((prefix) => (prefix === undefined ? undefined : regionByPrefix.get(prefix)))
  if (source === undefined || destination === undefined) return undefined
  return { region: source, meter: `transfer-out/${destination}`, factor: 1 }
}

function dynamodbMeter(bare: string): Found | undefined {
  const found = dynamodbMeters.get(bare)
  if (found !== undefined) return found
  const ofClass = bare.startsWith('IA-') ? classMetersByName.get(bare.slice(3)) : undefined
  return ofClass && { ...ofClass, meter: `ia-${ofClass.meter}` }
}

const classMetersByName = new Map<string, Found & { meter: ClassMeter }>([
  ['WriteRequestUnits', { meter: 'write-request', factor: 1_000_000 }],
  ['ReadRequestUnits', { meter: 'read-request', factor: 1_000_000 }],
  ['ReplWriteRequestUnits', { meter: 'replicated-write-request', factor: 1_000_000 }],
  ['WriteCapacityUnit-Hrs', { meter: 'write-hour', factor: 1 }],
  ['ReadCapacityUnit-Hrs', { meter: 'read-hour', factor: 1 }],
  ['ReplWriteCapacityUnit-Hrs', { meter: 'replicated-write-hour', factor: 1 }],
  ['TimedStorage-ByteHrs', { meter: 'storage', factor: 1 }],
])

const dynamodbMeters = new Map<string, Found>([
  ...classMetersByName,
  ['TimedPITRStorage-ByteHrs', { meter: 'recovery-storage', factor: 1 }],
  ['TimedBackupStorage-ByteHrs', { meter: 'backup-storage', factor: 1 }],
  ['RestoreDataSize-Bytes', { meter: 'restore', factor: 1 }],
  ['Streams-Requests', { meter: 'stream-read', factor: 1_000_000 }],
  ['Streams-RequestsCount', { meter: 'stream-read', factor: 1_000_000 }],
  ['ChangeDataCaptureUnits-Kinesis', { meter: 'kinesis-change', factor: 1_000_000 }],
])

const auroraMeters = new Map<string, Found>([
  ['Aurora:ServerlessV2Usage', { meter: 'aurora-acu-hour', factor: 1 }],
  ['Aurora:StorageUsage', { meter: 'aurora-storage', factor: 1 }],
  ['Aurora:IO-OptimizedStorageUsage', { meter: 'aurora-storage-io-optimized', factor: 1 }],
  ['Aurora:StorageIOUsage', { meter: 'aurora-io', factor: 1_000_000 }],
  ['Aurora:BackupUsage', { meter: 'aurora-backup', factor: 1 }],
])

/**
 * Each instance class has two products that differ in nothing but the configuration of its storage: the one without charges for I/O has a usage type of
 * its own (`InstanceUsageIOOptimized:`), which is not taken.
 */
function auroraMeter(bare: string, engine: string | undefined): Found | undefined {
  if (bare.startsWith('Aurora:ReplicatedWriteIO')) return { meter: 'aurora-replicated-io', factor: 1_000_000 }
  const shared = auroraMeters.get(bare)
  if (shared !== undefined) return shared
  const instance = /^InstanceUsage:db\.([a-z0-9]+)\.(\d*)(xl|[a-z]+)$/.exec(bare)
  if (instance === null || !(engine ?? '').startsWith('Aurora')) return undefined
  const [, family = '', times = '', size = ''] = instance
  return { meter: `aurora-instance/${family}.${times}${size === 'xl' ? 'xlarge' : size}`, factor: 1 }
}

/** Prefixes of usage types (developer guide, page bp-understanding-billing). us-east-1 mostly has none. */
const regionByPrefix = new Map([
  ['USE1', 'us-east-1'],
  ['USE2', 'us-east-2'],
  ['USW1', 'us-west-1'],
  ['USW2', 'us-west-2'],
  ['EU', 'eu-west-1'],
  ['EUW1', 'eu-west-1'],
  ['EUW2', 'eu-west-2'],
  ['EUW3', 'eu-west-3'],
  ['EUC1', 'eu-central-1'],
  ['EUC2', 'eu-central-2'],
  ['EUN1', 'eu-north-1'],
  ['EUS1', 'eu-south-1'],
  ['EUS2', 'eu-south-2'],
  ['APN1', 'ap-northeast-1'],
  ['APN2', 'ap-northeast-2'],
  ['APN3', 'ap-northeast-3'],
  ['APS1', 'ap-southeast-1'],
  ['APS2', 'ap-southeast-2'],
  ['APS3', 'ap-south-1'],
  ['APS4', 'ap-southeast-3'],
  ['APS5', 'ap-south-2'],
  ['APS6', 'ap-southeast-4'],
  ['APE1', 'ap-east-1'],
  ['CAN1', 'ca-central-1'],
  ['SAE1', 'sa-east-1'],
  ['MES1', 'me-south-1'],
  ['MEC1', 'me-central-1'],
  ['AFS1', 'af-south-1'],
  ['ILC1', 'il-central-1'],
  ['UGW1', 'us-gov-west-1'],
  ['UGE1', 'us-gov-east-1'],
])
