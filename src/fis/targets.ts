import { regionOf } from '../base/account-region.ts'
import type { Random } from '../base/random.ts'
import { integerBelow } from '../base/random.ts'
import type { Target } from './template-schema.ts'
import { parseSelection } from './template-rules.ts'

/** DynamoDB of one Region and account, as FIS asks it; undefined where it answers with an error. */
export type AskDynamoDb = (operation: 'DescribeTable' | 'ListTables' | 'ListTagsOfResource', input: object) => Promise<object | undefined>

/** A table that an experiment works on. */
export interface FoundTable {
  readonly arn: string
  readonly name: string
}

/** The global tables that a target means, in the Region of the experiment: those named or tagged so, that pass the filters, of which some are selected. */
export async function resolveTarget(target: Target, region: string, ask: AskDynamoDb, random: Random): Promise<readonly FoundTable[]> {
  const names =
    target.resourceArns === undefined || target.resourceArns.length === 0 ? await allTables(ask) : named(target.resourceArns, region)
  const found: FoundTable[] = []
  for (const name of names) {
    const table = await describe(ask, name)
    if (table === undefined || !isGlobal(table) || !passes(table, target)) continue
    const arn = String(table['TableArn'])
    if (target.resourceArns?.includes(arn) === false && target.resourceArns.length > 0) continue
    if (Object.keys(target.resourceTags ?? {}).length > 0 && !(await hasTags(ask, arn, target.resourceTags ?? {}))) continue
    found.push({ arn, name })
  }
  return select(found, target.selectionMode, random)
}

type Described = Readonly<Record<string, unknown>>

function named(arns: readonly string[], region: string): readonly string[] {
  const names = arns.map((arn) => /^arn:[\w-]+:dynamodb:([\w-]+):\d{12}:table\/([\w.-]+)$/.exec(arn))
  return [...new Set(names.flatMap((parts) => (parts?.[1] === regionOf(region) && parts[2] !== undefined ? [parts[2]] : [])))]
}

async function allTables(ask: AskDynamoDb): Promise<readonly string[]> {
  const names: string[] = []
  for (let after: string | undefined; ;) {
    const page = (await ask('ListTables', after === undefined ? {} : { ExclusiveStartTableName: after })) as
      { readonly TableNames: readonly string[]; readonly LastEvaluatedTableName?: string } | undefined
    names.push(...(page?.TableNames ?? []))
    after = page?.LastEvaluatedTableName
    if (after === undefined) return names
  }
}

async function describe(ask: AskDynamoDb, TableName: string): Promise<Described | undefined> {
  const answer = (await ask('DescribeTable', { TableName })) as { readonly Table: Described } | undefined
  return answer?.Table
}

function isGlobal({ Replicas }: Described): boolean {
  return Array.isArray(Replicas) && Replicas.length > 0
}

async function hasTags(ask: AskDynamoDb, ResourceArn: string, wanted: Readonly<Record<string, string>>): Promise<boolean> {
  const answer = (await ask('ListTagsOfResource', { ResourceArn })) as
    { readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] } | undefined
  return Object.entries(wanted).every(([key, value]) => answer?.Tags?.some((tag) => tag.Key === key && tag.Value === value) === true)
}

/** Paths go through the description of the table, `TableStatus` or `Replicas.RegionName`; all filters must hold, and of a filter's values one. */
function passes(table: Described, { filters = [] }: Target): boolean {
  return filters.every(({ path, values }) => valuesAt(table, path.split('.')).some((value) => values.includes(value)))
}

function valuesAt(value: unknown, path: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, path))
  const [first, ...rest] = path
  if (first === undefined)
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []
  return typeof value === 'object' && value !== null && Object.hasOwn(value, first) ? valuesAt(Reflect.get(value, first), rest) : []
}

/** A percentage is rounded down (AWS FIS user guide, selection mode). */
function select(found: readonly FoundTable[], mode: string, random: Random): readonly FoundTable[] {
  const selection = parseSelection(mode)
  if (selection === undefined || selection.mode === 'ALL') return found
  const count = selection.mode === 'COUNT' ? selection.n : Math.floor((found.length * selection.n) / 100)
  const rest = [...found]
  const selected: FoundTable[] = []
  while (selected.length < count && rest.length > 0) selected.push(...rest.splice(integerBelow(random, rest.length), 1))
  return selected
}
