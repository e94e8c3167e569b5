import type { TemplateTable } from './template.ts'
import { TemplateError, asInput, listOf, objectOf } from './template.ts'

type Properties = Readonly<Record<string, unknown>>

/** The tables among the resources of a CloudFormation template, in its order. */
export function tablesOfCloudFormation(template: Properties, parameters: Readonly<Record<string, string>>): readonly TemplateTable[] {
  const defaults = Object.entries(objectOf(template['Parameters'])).map(
    ([name, parameter]) => [name, objectOf(parameter)['Default']] as const,
  )
  const known: Properties = { ...pseudoParameters, ...Object.fromEntries(defaults), ...parameters }
  return Object.entries(objectOf(template['Resources'])).flatMap(([logicalId, resource]) => {
    const { Type, Properties: written } = objectOf(resource)
    const isGlobal = Type === 'AWS::DynamoDB::GlobalTable'
    if (!isGlobal && Type !== 'AWS::DynamoDB::Table' && Type !== 'AWS::Serverless::SimpleTable') return []
    const properties = objectOf(resolve(written ?? {}, `Resources.${logicalId}.Properties`, known))
    return [tableOf(logicalId, Type === 'AWS::Serverless::SimpleTable' ? simpleTable(properties) : properties, isGlobal)]
  })
}

/** What a deployment would fill in; the account is the one that everywrite knows. */
const pseudoParameters: Properties = {
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
  'AWS::StackName': 'stack',
  'AWS::Partition': 'aws',
}

/** A resource's properties that CreateTable takes as they are. */
const shared = ['AttributeDefinitions', 'KeySchema', 'BillingMode', 'LocalSecondaryIndexes', 'ProvisionedThroughput', 'TableClass'] as const

function tableOf(logicalId: string, properties: Properties, isGlobal: boolean): TemplateTable {
  const same = Object.fromEntries(shared.flatMap((name) => (properties[name] === undefined ? [] : [[name, properties[name]]])))
  const stream = objectOf(properties['StreamSpecification'])['StreamViewType']
  const { Enabled, AttributeName } = objectOf(properties['TimeToLiveSpecification'])
  const indexes = listOf(properties['GlobalSecondaryIndexes']).map((index) => indexOf(objectOf(index)))
  const provisioned = properties['BillingMode'] !== 'PAY_PER_REQUEST'
  const input = asInput({
    ...same,
    TableName: typeof properties['TableName'] === 'string' ? properties['TableName'] : logicalId,
    // A test has no use for auto scaling: what a global table scales by is left out, and nobody is throttled.
    ...(isGlobal || (provisioned && properties['ProvisionedThroughput'] === undefined) ? { BillingMode: 'PAY_PER_REQUEST' } : {}),
    ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes: indexes }),
    ...(stream === undefined ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: stream } }),
  })
  return {
    logicalId,
    input,
    regions: isGlobal ? listOf(properties['Replicas']).map((replica) => String(objectOf(replica)['Region'])) : undefined,
    timeToLive: String(Enabled) === 'true' && typeof AttributeName === 'string' ? AttributeName : undefined,
  }
}

/** An index without what belongs to auto scaling and to observing it. */
function indexOf(index: Properties): Properties {
  const { IndexName, KeySchema, Projection, ProvisionedThroughput } = index
  return { IndexName, KeySchema, Projection, ...(ProvisionedThroughput === undefined ? {} : { ProvisionedThroughput }) }
}

/** SAM's short form: a partition key and nothing else. */
function simpleTable(properties: Properties): Properties {
  const { Name = 'id', Type = 'String' } = objectOf(properties['PrimaryKey'])
  return {
    ...(properties['TableName'] === undefined ? {} : { TableName: properties['TableName'] }),
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: Name, KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: Name, AttributeType: String(Type).slice(0, 1) }],
  }
}

/** A value without functions. @throws {TemplateError} when it depends on what only a deployment knows */
function resolve(value: unknown, place: string, known: Properties): unknown {
  if (Array.isArray(value)) return value.map((element, index) => resolve(element, `${place}[${index}]`, known))
  if (typeof value !== 'object' || value === null) return value
  const [only, ...others] = Object.entries(value as Properties)
  if (only !== undefined && others.length === 0) {
    const [name, of] = only
    if (name === 'Ref') return lookUp(String(of), place, known)
    if (name === 'Fn::Sub') return substitute(of, place, known)
    if (name === 'Fn::Join') return join(of, place, known)
    if (name.startsWith('Fn::')) return undefined // what a table needs to be made is checked by CreateTable
  }
  const entries = Object.entries(value as Properties).map(([name, of]) => [name, resolve(of, `${place}.${name}`, known)] as const)
  return Object.fromEntries(entries.filter(([, of]) => of !== undefined))
}

function lookUp(name: string, place: string, known: Properties): unknown {
  if (name === 'AWS::NoValue') return undefined
  if (known[name] !== undefined) return known[name]
  throw new TemplateError(`${place} refers to ${name}, which has no value: give it one in \`parameters\`.`)
}

function substitute(of: unknown, place: string, known: Properties): string {
  const [text, own] = Array.isArray(of) ? [String(of[0]), objectOf(of[1])] : [String(of), {}]
  const values = { ...known, ...objectOf(resolve(own, place, known)) }
  return text.replaceAll(/\$\{([^!}][^}]*)\}/g, (_, name: string) => String(lookUp(name, place, values)))
}

function join(of: unknown, place: string, known: Properties): string {
  const [separator, parts] = listOf(of)
  return listOf(resolve(parts, place, known))
    .map(String)
    .join(String(separator))
}
