import type { TemplateTable } from './template.ts'
import { TemplateError, asInput, listOf, objectOf } from './template.ts'

type Values = Readonly<Record<string, unknown>>

/** The `aws_dynamodb_table` resources of what `terraform show -json` prints of a plan (`planned_values`) or of a state (`values`). */
export function tablesOfTerraform(shown: Values): readonly TemplateTable[] {
  const { root_module } = objectOf(shown['planned_values'] ?? shown['values'])
  if (root_module === undefined) throw new TemplateError('This is no CloudFormation template, and not what `terraform show -json` prints.')
  return resourcesOf(objectOf(root_module)).flatMap((resource) => {
    const { type, address, values } = resource
    return type === 'aws_dynamodb_table' ? [tableOf(String(address), objectOf(values))] : []
  })
}

function resourcesOf(module: Values): readonly Values[] {
  return [...listOf(module['resources']).map(objectOf), ...listOf(module['child_modules']).flatMap((child) => resourcesOf(objectOf(child)))]
}

function tableOf(address: string, values: Values): TemplateTable {
  const { name, billing_mode, hash_key, range_key, stream_enabled, stream_view_type } = values
  const onDemand = billing_mode === 'PAY_PER_REQUEST'
  const throughput = throughputOf(onDemand, values)
  const globals = listOf(values['global_secondary_index']).map((index) => indexOf(objectOf(index), onDemand))
  const locals = listOf(values['local_secondary_index']).map((index) => indexOf({ hash_key, ...objectOf(index) }, true))
  const [ttl] = listOf(values['ttl']).map(objectOf)
  const replicas = listOf(values['replica']).map((replica) => String(objectOf(replica)['region_name']))
  const input = asInput({
    TableName: String(name),
    BillingMode: onDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED',
    KeySchema: keysOf(hash_key, range_key),
    AttributeDefinitions: listOf(values['attribute']).map((attribute) => {
      const { name: AttributeName, type: AttributeType } = objectOf(attribute)
      return { AttributeName, AttributeType }
    }),
    ...throughput,
    ...(globals.length === 0 ? {} : { GlobalSecondaryIndexes: globals }),
    ...(locals.length === 0 ? {} : { LocalSecondaryIndexes: locals }),
    ...(stream_enabled === true ? { StreamSpecification: { StreamEnabled: true, StreamViewType: stream_view_type } } : {}),
  })
  return {
    logicalId: address,
    input,
    regions: replicas.length === 0 ? undefined : replicas,
    timeToLive: ttl?.['enabled'] === true ? String(ttl['attribute_name']) : undefined,
  }
}

function indexOf(index: Values, onDemand: boolean): Values {
  const { name, hash_key, range_key, projection_type, non_key_attributes } = index
  const others = listOf(non_key_attributes)
  return {
    IndexName: name,
    KeySchema: keysOf(hash_key, range_key),
    Projection: { ProjectionType: projection_type, ...(others.length === 0 ? {} : { NonKeyAttributes: others }) },
    ...throughputOf(onDemand, index),
  }
}

function keysOf(partition: unknown, sort: unknown): readonly Values[] {
  const has = typeof sort === 'string' && sort !== ''
  return [{ AttributeName: partition, KeyType: 'HASH' }, ...(has ? [{ AttributeName: sort, KeyType: 'RANGE' }] : [])]
}

function throughputOf(onDemand: boolean, { read_capacity, write_capacity }: Values): Values {
  return onDemand ? {} : { ProvisionedThroughput: { ReadCapacityUnits: read_capacity, WriteCapacityUnits: write_capacity } }
}
