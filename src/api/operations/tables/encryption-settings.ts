import { accountOf, regionOf } from '../../../base/account-region.ts'
import { keyIdBehind, MANAGED_KEY } from '../../../engine/encryption-key.ts'
import type { Refusal } from '../../../engine/refusal.ts'
import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { Encryption, SettingChanges, TableSettings } from '../../../engine/table.ts'
import { recent } from './throughput-settings.ts'

/**
 * `SSESpecification`. It is kept and described, and nothing is encrypted: there is no key service here, so any key of the Region is taken, and an
 * alias stands for a key id that follows from its name (rules and texts observed on AWS, 2026-10).
 */
export interface EncryptionInput {
  readonly Enabled?: boolean
  readonly SSEType?: 'AES256' | 'KMS'
  readonly KMSMasterKeyId?: string
}

const DAY_MS = 24 * 3_600_000
const FREE_CHANGES = 4
const CHANGE_EVERY_MS = 6 * 3_600_000

export function newEncryption(input: EncryptionInput | undefined, region: string, nowMs: number): Encryption | undefined | Refusal {
  const key = input === undefined ? undefined : keyOf(input, region)
  return key === undefined || isRefusal(key) ? key : { keyArn: key, changedAtMs: nowMs }
}

/** Another spelling of the present key than its ARN counts as a change. */
export function changedEncryption(
  { encryption, changes }: Pick<TableSettings, 'encryption' | 'changes'>,
  input: EncryptionInput,
  region: string,
  nowMs: number,
): Pick<TableSettings, 'encryption' | 'changes'> | Refusal {
  const key = keyOf(input, region)
  if (isRefusal(key)) return key
  if (key === undefined && encryption === undefined) return invalid('Table is already encrypted by default')
  if (key !== undefined && encryption !== undefined && input.KMSMasterKeyId === encryption.keyArn) {
    return invalid('Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key')
  }
  const remembered = rememberChange(changes, nowMs)
  if (isRefusal(remembered)) return remembered
  return { encryption: key === undefined ? undefined : { keyArn: key, changedAtMs: nowMs }, changes: remembered }
}

export function describeEncryption(encryption: Encryption | undefined, nowMs: number, paceMs: number): object | undefined {
  if (encryption === undefined) return undefined
  const status = nowMs < encryption.changedAtMs + paceMs ? 'UPDATING' : 'ENABLED'
  return { Status: status, SSEType: 'KMS', KMSMasterKeyArn: encryption.keyArn }
}

/** The ARN of the key that is asked for; undefined: the one that DynamoDB owns. */
function keyOf({ Enabled, SSEType, KMSMasterKeyId }: EncryptionInput, region: string): string | undefined | Refusal {
  if (Enabled === false) {
    if (SSEType !== undefined) return invalid('SSEType can not be specified if Enabled is false')
    return KMSMasterKeyId === undefined ? undefined : invalid('KMSMasterKeyId can not be specified if Enabled is false')
  }
  if (SSEType === 'AES256') return invalid('SSEType AES256 is not supported')
  if (KMSMasterKeyId !== undefined && SSEType === undefined) return invalid('SSEType KMS is required if KMSMasterKeyId is specified')
  if (Enabled === undefined && SSEType === undefined) return undefined
  return keyArn(KMSMasterKeyId ?? MANAGED_KEY, region)
}

export function keyArn(given: string, region: string): string | Refusal {
  const [, of, account, resource] = /^arn:[^:]*:kms:([^:]*):([^:]*):(.*)$/.exec(given) ?? []
  if (of !== undefined && of !== regionOf(region)) return unknownKey(`Invalid arn ${of}`)
  const name = resource ?? given
  const id = name.startsWith('alias/') ? keyIdBehind(name, regionOf(region)) : name.replace(/^key\//, '')
  return `arn:aws:kms:${regionOf(region)}:${account ?? accountOf(region)}:key/${id}`
}

function unknownKey(what: string): Refusal {
  const cause = '(Service: AWSKMS; Status Code: 400; Error Code: NotFoundException; Proxy: null)'
  return refuse('invalid', `KMS validation error: com.amazonaws.services.kms.model.NotFoundException: ${what} ${cause}`)
}

/** Four changes in the 24 hours after the first, then one every six hours. */
function rememberChange(changes: SettingChanges, nowMs: number): SettingChanges | Refusal {
  const times = recent(changes.encryptionAtMs, nowMs, DAY_MS)
  const [first] = times
  const last = times.at(-1)
  if (first !== undefined && last !== undefined && times.length >= FREE_CHANGES && nowMs < last + CHANGE_EVERY_MS) {
    const at = (ms: number): string => new Date(ms).toISOString()
    return refuse(
      'limit-exceeded',
      `Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at ${at(first + DAY_MS)}. ` +
        `After the first ${FREE_CHANGES} change, each subsequent change in the same window can be performed at most once every ` +
        `${CHANGE_EVERY_MS / 1000} seconds. Number of updates today: ${times.length}. Last change at ${at(last)}. ` +
        `Next changes can be made at ${at(Math.min(last + CHANGE_EVERY_MS, first + DAY_MS))}.`,
    )
  }
  return { ...changes, encryptionAtMs: [...times, nowMs] }
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}
