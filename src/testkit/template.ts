import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'

/** A table as a template of infrastructure describes it. */
export interface TemplateTable {
  /** What the template calls it. */
  readonly logicalId: string
  readonly input: CreateTableCommandInput & { readonly TableName: string }
  /** Where its replicas are; undefined: one table, wherever the stack is. */
  readonly regions: readonly string[] | undefined
  /** The attribute that says when items expire. */
  readonly timeToLive: string | undefined
}

/** A template cannot be read, or says something that only a deployment knows. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly code = 'TEMPLATE'
}

/** CreateTable judges it, with DynamoDB's own words. */
export function asInput(properties: Readonly<Record<string, unknown>>): TemplateTable['input'] {
  return properties as unknown as TemplateTable['input']
}

export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}
