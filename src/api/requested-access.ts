import { parseStatement, tableOf } from '../expression/partiql.ts'
import { isInvalid } from '../item/invalid.ts'
import type { StatementInput } from './operations/statements/statement.ts'
import { streamOfIterator } from './operations/streams/shard-iterator.ts'
import type { OperationName } from './service-model.ts'

/**
 * What a request would do, in the terms in which IAM allows and denies it: most operations are one action on one table, a transaction is
 * an action for each of its parts, a statement the action of its verb (Service Authorization Reference, "Actions, resources, and
 * condition keys for Amazon DynamoDB"; developer guide, "Using IAM with transactions", "IAM policies with PartiQL", "Backup and restore").
 *
 * It runs before the input is checked, so it takes any JSON. Where a name is missing it asks for all tables; statements that cannot be read
 * and parts that are none ask for nothing, since the request will be refused for them.
 */
export interface Access {
  /** Without `dynamodb:`. */
  readonly action: string
  readonly region: string
  /** Whose the resource is. */
  readonly account: string
  /** The end of its ARN: `table/Orders`, `table/Orders/index/by-day`, `table/*`. */
  readonly resource: string
  /** What the action is carried out with; left out where conditions have nothing to ask. */
  readonly parts?: () => readonly Part[]
  /** The whole request. */
  readonly input?: Input
  /** The operation that does this among other things. */
  readonly enclosing?: OperationName
}

/** What concerns one item, or one statement: the members of GetItem, PutItem, … or of an entry of a batch or a transaction. */
export interface Part {
  readonly body: Input
  readonly statement?: StatementInput
}

/**
 * @param region the one that was called
 * @param account whose names are meant where no ARN says so
 */
export function requestedAccess(region: string, operation: OperationName, input: unknown, account: string): readonly Access[] {
  const wants = rules[operation](record(input), operation)
  const whole = record(input)
  return wants.map(({ elsewhere, resource, ...want }) => {
    const [, owner = account, own = resource] = ownedPattern.exec(resource) ?? []
    return { input: whole, parts: () => [{ body: whole }], ...want, region: elsewhere ?? region, account: owner, resource: own }
  })
}

/** Every action that a request may need. */
export function knownActions(): ReadonlySet<string> {
  return new Set([
    ...Object.keys(rules).filter((name) => !severalActions.has(name)),
    ...transactionActions,
    ...Object.values(verbs),
    ...others,
  ])
}

interface Want extends Pick<Access, 'action' | 'resource' | 'parts' | 'enclosing'> {
  /** Another Region than the one that was called. */
  readonly elsewhere?: string
}

type Input = Readonly<Record<string, unknown>>
type Rule = (input: Input, operation: OperationName) => readonly Want[]

const everything = 'table/*'

/** One action, named like the operation, on what that member names. */
function on(member: string): Rule {
  return (input, action) => [{ action, resource: resourceOf(input[member]) }]
}

/** The same, and an index of it when one is named. */
function onIndexOf(member: string): Rule {
  return (input, action) => [{ action, resource: indexOf(resourceOf(input[member]), input['IndexName']) }]
}

const onAll: Rule = (_input, action) => [{ action, resource: everything }]

const onGlobalTable: Rule = ({ GlobalTableName }, action) => [
  { action, resource: typeof GlobalTableName === 'string' ? `global-table/${GlobalTableName}` : 'global-table/*' },
]

const onEachTable: Rule = ({ RequestItems }, action) =>
  Object.entries(record(RequestItems)).map(([name, wanted]) => ({ action, resource: resourceOf(name), parts: () => partsOfBatch(wanted) }))

/** The keys of a BatchGetItem's entry, or the requests of a BatchWriteItem's. */
function partsOfBatch(wanted: unknown): readonly Part[] {
  if (Array.isArray(wanted)) {
    return list(wanted)
      .flatMap((request) => Object.values(record(request)))
      .map((body) => ({ body: record(body) }))
  }
  const { Keys, ...common } = record(wanted)
  return list(Keys).map((Key) => ({ body: { ...common, Key } }))
}

const partActions: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
}
const transactionActions = Object.values(partActions)

const onEachPart: Rule = ({ TransactItems }, operation) =>
  list(TransactItems).flatMap((part) =>
    Object.entries(record(part)).flatMap(([kind, given]): Want[] => {
      const action = Object.hasOwn(partActions, kind) ? partActions[kind] : undefined
      if (action === undefined || given === null) return []
      const body = record(given)
      return [{ action, resource: resourceOf(body['TableName']), parts: () => [{ body }], enclosing: operation }]
    }),
  )

/** That `EXISTS` is a select is a guess. */
const verbs = {
  select: 'PartiQLSelect',
  exists: 'PartiQLSelect',
  insert: 'PartiQLInsert',
  update: 'PartiQLUpdate',
  delete: 'PartiQLDelete',
} as const

const onEachStatement: Rule = ({ Statement, Statements, TransactStatements, ...rest }, operation) =>
  [{ ...rest, Statement }, ...list(Statements), ...list(TransactStatements)]
    .map(record)
    .filter(hasStatement)
    .flatMap((body): Want[] => {
      const parsed = parseStatement(body.Statement)
      if (isInvalid(parsed)) return []
      const { statement } = parsed
      const index = statement.kind === 'select' ? statement.index : statement.kind === 'exists' ? statement.select.index : undefined
      const resource = indexOf(resourceOf(tableOf(parsed)), index)
      const enclosing = operation === 'ExecuteTransaction' ? operation : undefined
      return [{ action: verbs[statement.kind], resource, parts: () => [{ body, statement: body }], ...(enclosing && { enclosing }) }]
    })

function hasStatement(body: Input): body is Input & StatementInput {
  return typeof body['Statement'] === 'string'
}

/** What fills a table from elsewhere also needs to be allowed to do so item by item. */
const filling = ['BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem']

/** @param sources members that may name what is restored */
function restoring(...sources: readonly string[]): Rule {
  return (input, action) => {
    const target = resourceOf(input['TargetTableName'])
    const named = sources.filter((member) => typeof input[member] === 'string').map((member) => resourceOf(input[member]))
    return [...named, target]
      .map((resource): Want => ({ action, resource }))
      .concat(filling.map((each) => ({ action: each, resource: target })))
  }
}

/** UpdateTable also reaches into the Regions whose replicas it makes and removes (developer guide, "Global tables: security"). */
const onTableAndReplicas: Rule = ({ TableName, ReplicaUpdates, GlobalTableWitnessUpdates }, action) => {
  const resource = resourceOf(TableName)
  const replicas = list(ReplicaUpdates).flatMap((update) => reaching(record(update), resource, replicaActions))
  const witnesses = list(GlobalTableWitnessUpdates).flatMap((update) => reaching(record(update), resource, witnessActions))
  return [{ action, resource }, ...replicas, ...witnesses]
}

/** That a change of a replica needs the action again in its Region is a guess. */
const replicaActions: Readonly<Record<string, readonly string[]>> = {
  Create: ['CreateTableReplica', 'CreateTable', ...filling],
  Update: ['UpdateTable'],
  Delete: ['DeleteTableReplica', 'DeleteTable'],
  Disassociate: ['DisassociateTableReplica'],
}
const witnessActions: Readonly<Record<string, readonly string[]>> = {
  Create: ['CreateGlobalTableWitness'],
  Delete: ['DeleteGlobalTableWitness'],
}
/** Joining with a replica of one's own account (developer guide, "Multi-account global tables: security"). */
const onTableAndSource: Rule = ({ TableName, GlobalTableSourceArn: source }, action) => {
  const [, elsewhere] = typeof source === 'string' ? (/^arn:[^:]*:dynamodb:([a-z0-9-]+):/.exec(source) ?? []) : []
  const joining = elsewhere === undefined ? [] : [{ action: 'AssociateTableReplica', resource: resourceOf(source), elsewhere }]
  return [{ action, resource: resourceOf(TableName) }, ...joining]
}

/** What replicas of several accounts are asked for by DynamoDB itself, and by who joins them. */
const multiAccountActions = ['AssociateTableReplica', 'ReadDataForReplication', 'WriteDataForReplication', 'ReplicateSettings']

const others = [...Object.values(replicaActions), ...Object.values(witnessActions), multiAccountActions].flat()

function reaching(update: Input, resource: string, actions: Readonly<Record<string, readonly string[]>>): Want[] {
  return Object.entries(actions).flatMap(([kind, needed]) => {
    const elsewhere = record(update[kind])['RegionName']
    return typeof elsewhere === 'string' ? needed.map((action) => ({ action, resource, elsewhere })) : []
  })
}

const rules: Readonly<Record<OperationName, Rule>> = {
  BatchExecuteStatement: onEachStatement,
  BatchGetItem: onEachTable,
  BatchWriteItem: onEachTable,
  CreateBackup: on('TableName'),
  CreateGlobalTable: onGlobalTable,
  CreateTable: onTableAndSource,
  DeleteBackup: on('BackupArn'),
  DeleteItem: on('TableName'),
  DeleteResourcePolicy: on('ResourceArn'),
  DeleteTable: on('TableName'),
  DescribeBackup: on('BackupArn'),
  DescribeContinuousBackups: on('TableName'),
  DescribeContributorInsights: onIndexOf('TableName'),
  DescribeEndpoints: onAll,
  DescribeExport: on('ExportArn'),
  DescribeGlobalTable: onGlobalTable,
  DescribeGlobalTableSettings: onGlobalTable,
  DescribeImport: on('ImportArn'),
  DescribeKinesisStreamingDestination: on('TableName'),
  DescribeLimits: onAll,
  DescribeStream: on('StreamArn'),
  DescribeTable: on('TableName'),
  DescribeTableReplicaAutoScaling: on('TableName'),
  DescribeTimeToLive: on('TableName'),
  DisableKinesisStreamingDestination: on('TableName'),
  EnableKinesisStreamingDestination: on('TableName'),
  ExecuteStatement: onEachStatement,
  ExecuteTransaction: onEachStatement,
  ExportTableToPointInTime: on('TableArn'),
  GetItem: on('TableName'),
  GetRecords: ({ ShardIterator }, action) => [
    { action, resource: resourceOf(typeof ShardIterator === 'string' ? streamOfIterator(ShardIterator) : undefined) },
  ],
  GetResourcePolicy: on('ResourceArn'),
  GetShardIterator: on('StreamArn'),
  ImportTable: ({ TableCreationParameters }, action) => [{ action, resource: resourceOf(record(TableCreationParameters)['TableName']) }],
  ListBackups: on('TableName'),
  ListContributorInsights: on('TableName'),
  ListExports: on('TableArn'),
  ListGlobalTables: onAll,
  ListImports: on('TableArn'),
  // IAM knows it for all streams only; a key that is limited to a table may list that table's.
  ListStreams: ({ TableName }, action) => [{ action, resource: `${resourceOf(TableName)}/stream/*` }],
  ListTables: onAll,
  ListTagsOfResource: on('ResourceArn'),
  PutItem: on('TableName'),
  PutResourcePolicy: on('ResourceArn'),
  Query: onIndexOf('TableName'),
  RestoreTableFromBackup: restoring('BackupArn'),
  RestoreTableToPointInTime: restoring('SourceTableName', 'SourceTableArn'),
  Scan: onIndexOf('TableName'),
  SearchVectors: onIndexOf('TableName'),
  TagResource: on('ResourceArn'),
  TransactGetItems: onEachPart,
  TransactWriteItems: onEachPart,
  UntagResource: on('ResourceArn'),
  UpdateContinuousBackups: on('TableName'),
  UpdateContributorInsights: onIndexOf('TableName'),
  UpdateGlobalTable: onGlobalTable,
  UpdateGlobalTableSettings: onGlobalTable,
  UpdateItem: on('TableName'),
  UpdateKinesisStreamingDestination: on('TableName'),
  UpdateTable: onTableAndReplicas,
  UpdateTableReplicaAutoScaling: on('TableName'),
  UpdateTimeToLive: on('TableName'),
}

/** Operations that are no actions: IAM asks for what they do. */
const severalActions: ReadonlySet<string> = new Set([
  'BatchExecuteStatement',
  'ExecuteStatement',
  'ExecuteTransaction',
  'TransactGetItems',
  'TransactWriteItems',
])

const arnPattern = /^arn:aws[a-z-]*:dynamodb:[a-z0-9-]*:(\d*:table\/.+)$/
const ownedPattern = /^(?:(\d{12})|\d*):(table\/.+)$/

/** A table by its name or an ARN, or what belongs to a table by an ARN, which then stands behind its account. */
function resourceOf(name: unknown): string {
  if (typeof name !== 'string' || name === '') return everything
  return arnPattern.exec(name)?.[1] ?? `table/${name}`
}

function indexOf(resource: string, index: unknown): string {
  return typeof index === 'string' ? `${resource}/index/${index}` : resource
}

function record(json: unknown): Input {
  return typeof json === 'object' && json !== null ? (json as Input) : {}
}

function list(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? (json as readonly unknown[]) : []
}
