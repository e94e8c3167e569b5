/** From steps to requests of the wire. */
import type { OperationName } from '../../src/api/service-model.ts'
import { attributeUpdates, keyConditions, legacyConditions, nameIn } from './legacy.ts'
import { statementOf, statementOfGet, statementOfReading } from './render-statement.ts'
import { Expressions } from './render.ts'
import type { Check, Delete, Get, IndexSpec, KeyAttribute, PagedStep, Put, Reported, SingleStep, TableSpec, Update } from './steps.ts'

export interface Request {
  readonly operation: OperationName
  readonly input: object
}

/** Tables of different runs have different names, so that none sees what another left behind. */
export type Named = (table: string) => string

export function createTableRequest(spec: TableSpec, named: Named): Request {
  const keys = [spec.partition, ...(spec.sort === undefined ? [] : [spec.sort])]
  const all = [...keys, ...spec.indexes.flatMap(({ partition, sort }) => [...partition, ...sort])]
  const local = spec.indexes.filter(({ kind }) => kind === 'local').map(indexInput)
  const global = spec.indexes.filter(({ kind }) => kind === 'global').map(indexInput)
  return {
    operation: 'CreateTable',
    input: without({
      TableName: named(spec.name),
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keySchema([spec.partition], spec.sort === undefined ? [] : [spec.sort]),
      AttributeDefinitions: [...new Map(all.map(({ name, type }) => [name, { AttributeName: name, AttributeType: type }])).values()],
      LocalSecondaryIndexes: local.length === 0 ? undefined : local,
      GlobalSecondaryIndexes: global.length === 0 ? undefined : global,
      StreamSpecification: spec.stream ? { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } : undefined,
    }),
  }
}

function indexInput({ name, partition, sort, projection }: IndexSpec): object {
  return {
    IndexName: name,
    KeySchema: keySchema(partition, sort),
    Projection:
      typeof projection === 'string' ? { ProjectionType: projection } : { ProjectionType: 'INCLUDE', NonKeyAttributes: projection },
  }
}

function keySchema(partition: readonly KeyAttribute[], sort: readonly KeyAttribute[]): object[] {
  return [
    ...partition.map(({ name }) => ({ AttributeName: name, KeyType: 'HASH' })),
    ...sort.map(({ name }) => ({ AttributeName: name, KeyType: 'RANGE' })),
  ]
}

export function requestOf(step: SingleStep, named: Named): Request {
  if ('statement' in step && step.statement === true) return statementRequest(step, named)
  switch (step.kind) {
    case 'batch-statement':
      return {
        operation: 'BatchExecuteStatement',
        input: without({ Statements: step.writes.map((write) => statementInput(write, named)), ReturnConsumedCapacity: step.capacity }),
      }
    case 'put':
      return { operation: 'PutItem', input: writeInput(step, named) }
    case 'update':
      return { operation: 'UpdateItem', input: writeInput(step, named) }
    case 'delete':
      return { operation: 'DeleteItem', input: writeInput(step, named) }
    case 'get':
      return {
        operation: 'GetItem',
        input: without({ ...getInput(step, named), ConsistentRead: step.consistent, ReturnConsumedCapacity: step.capacity }),
      }
    case 'batch-get': {
      const entries = step.parts.map(({ table, keys, projection, consistent }) => {
        const expressions = new Expressions()
        const ProjectionExpression = projection && expressions.projection(projection)
        const { ExpressionAttributeNames } = expressions.placeholders()
        return [named(table), without({ Keys: keys, ProjectionExpression, ExpressionAttributeNames, ConsistentRead: consistent })] as const
      })
      return {
        operation: 'BatchGetItem',
        input: without({ RequestItems: Object.fromEntries(entries), ReturnConsumedCapacity: step.capacity }),
      }
    }
    case 'batch-write': {
      const entries = step.parts.map(({ table, writes }) => {
        const requests = writes.map((write) =>
          'put' in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: write.delete } },
        )
        return [named(table), requests] as const
      })
      return {
        operation: 'BatchWriteItem',
        input: without({ RequestItems: Object.fromEntries(entries), ReturnConsumedCapacity: step.capacity }),
      }
    }
    case 'transact-write': {
      const TransactItems = step.writes.map((write) => ({ [members[write.kind]]: writeInput(write, named) }))
      return { operation: 'TransactWriteItems', input: without({ TransactItems, ReturnConsumedCapacity: step.capacity }) }
    }
    case 'transact-get': {
      const TransactItems = step.gets.map((get) => ({ Get: getInput(get, named) }))
      return { operation: 'TransactGetItems', input: without({ TransactItems, ReturnConsumedCapacity: step.capacity }) }
    }
  }
}

function statementRequest(step: SingleStep, named: Named): Request {
  switch (step.kind) {
    case 'put':
    case 'update':
    case 'delete':
      return {
        operation: 'ExecuteStatement',
        input: { ...statementInput(step, named), ...without({ ReturnConsumedCapacity: step.capacity }) },
      }
    case 'get': {
      const { consistent, capacity } = step
      const input = { ...statementOfGet(step, named(step.table)), ConsistentRead: consistent, ReturnConsumedCapacity: capacity }
      return { operation: 'ExecuteStatement', input: without(input) }
    }
    case 'transact-write': {
      const TransactStatements = step.writes.map((write) => statementInput(write, named))
      return { operation: 'ExecuteTransaction', input: without({ TransactStatements, ReturnConsumedCapacity: step.capacity }) }
    }
    default:
      throw new Error(`there is no statement for ${step.kind}`)
  }
}

function statementInput(write: (Put | Update | Delete | Check) & Reported, named: Named): object {
  const ReturnValuesOnConditionCheckFailure = write.showOld === true ? 'ALL_OLD' : undefined
  return without({ ...statementOf(write, named(write.table)), ReturnValuesOnConditionCheckFailure })
}

/** @param sort the sort attributes of what is read */
export function statementPageRequest(step: PagedStep, named: Named, sort: readonly string[], NextToken: unknown): Request {
  const { limit, consistent, capacity } = step
  const input = {
    ...statementOfReading(step, named(step.table), sort),
    Limit: limit,
    ConsistentRead: consistent,
    ReturnConsumedCapacity: capacity,
    NextToken,
  }
  return { operation: 'ExecuteStatement', input: without(input) }
}

const members = { put: 'Put', update: 'Update', delete: 'Delete', check: 'ConditionCheck' } as const

function writeInput(write: (Put | Update | Delete | Check) & Reported, named: Named): object {
  const expressions = new Expressions()
  const { condition, legacy, capacity, metrics } = write
  const actions = write.kind === 'update' ? write.actions : undefined
  const asked =
    legacy === true
      ? { AttributeUpdates: actions && attributeUpdates(actions), ...older(condition, 'Expected') }
      : {
          UpdateExpression: actions && expressions.update(actions),
          ConditionExpression: condition && expressions.condition(condition),
          ...expressions.placeholders(),
        }
  return without({
    TableName: named(write.table),
    ...(write.kind === 'put' ? { Item: write.item } : { Key: write.key }),
    ...asked,
    ReturnValues: write.returnValues,
    ReturnValuesOnConditionCheckFailure: write.showOld === true ? 'ALL_OLD' : undefined,
    ReturnConsumedCapacity: capacity,
    ReturnItemCollectionMetrics: metrics === true ? 'SIZE' : undefined,
  })
}

function older(condition: Parameters<typeof legacyConditions>[0] | undefined, parameter: string): object {
  if (condition === undefined) return {}
  const { conditions, ConditionalOperator } = legacyConditions(condition)
  return { [parameter]: conditions, ConditionalOperator }
}

function getInput({ table, key, projection, legacy }: Get & { legacy?: boolean | undefined }, named: Named): object {
  const base = { TableName: named(table), Key: key }
  if (legacy === true) return without({ ...base, AttributesToGet: projection?.map(nameIn) })
  const expressions = new Expressions()
  const ProjectionExpression = projection && expressions.projection(projection)
  return without({ ...base, ProjectionExpression, ExpressionAttributeNames: expressions.placeholders().ExpressionAttributeNames })
}

/** @param start where the page begins */
export function pageRequest(step: PagedStep, named: Named, start: object | undefined, segment: number): Request {
  const expressions = new Expressions()
  const { filter, projection, legacy } = step
  const keys = step.kind === 'query' ? step.keys : undefined
  const asked =
    legacy === true
      ? {
          KeyConditions: keys && keyConditions(keys),
          ...older(filter, step.kind === 'query' ? 'QueryFilter' : 'ScanFilter'),
          AttributesToGet: projection?.map(nameIn),
        }
      : {
          KeyConditionExpression: keys && expressions.keyCondition(keys),
          FilterExpression: filter && expressions.condition(filter),
          ProjectionExpression: projection && expressions.projection(projection),
          ...expressions.placeholders(),
        }
  const own =
    step.kind === 'query'
      ? { ScanIndexForward: step.reverse === true ? false : undefined }
      : step.segments === undefined
        ? {}
        : { Segment: segment, TotalSegments: step.segments }
  return {
    operation: step.kind === 'query' ? 'Query' : 'Scan',
    input: without({
      TableName: named(step.table),
      IndexName: step.index,
      ...asked,
      ...own,
      Select: step.select,
      Limit: step.limit,
      ConsistentRead: step.consistent,
      ExclusiveStartKey: start,
      ReturnConsumedCapacity: step.capacity,
    }),
  }
}

/** Without the members that are undefined. */
function without(input: object): object {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}
