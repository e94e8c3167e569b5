import type { Document } from 'yaml'
import { isCollection, isScalar, parseDocument, visit } from 'yaml'
import { tablesOfCloudFormation } from './cloudformation-tables.ts'
import type { TemplateTable } from './template.ts'
import { TemplateError } from './template.ts'
import { tablesOfTerraform } from './terraform-tables.ts'

export interface TemplateOptions {
  /** Values of a CloudFormation template's parameters; others take their defaults. */
  readonly parameters?: Readonly<Record<string, string>>
}

/**
 * The tables of a template: CloudFormation or SAM (YAML, JSON, what `cdk synth` writes), or what `terraform show -json` prints of a plan or a state.
 * @throws {TemplateError} naming the place in the template
 */
export function tablesOfTemplate(text: string, options: TemplateOptions = {}): readonly TemplateTable[] {
  const template = parseTemplate(text)
  const tables = 'Resources' in template ? tablesOfCloudFormation(template, options.parameters ?? {}) : tablesOfTerraform(template)
  if (tables.length === 0) throw new TemplateError('The template has no DynamoDB table.')
  return tables
}

function parseTemplate(text: string): Readonly<Record<string, unknown>> {
  const document = parseDocument(text, { logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined) throw new TemplateError(`The template is neither JSON nor YAML: ${error.message.split('\n', 1)[0] ?? ''}`)
  spellOut(document)
  const template: unknown = document.toJS()
  if (typeof template !== 'object' || template === null) throw new TemplateError('The template is no object.')
  return template as Readonly<Record<string, unknown>>
}

/** The short forms of CloudFormation's functions (`!Sub x`) become their long ones (`Fn::Sub: x`). */
function spellOut(document: Document): void {
  visit(document, (_key, node) => {
    if (!(isScalar(node) || isCollection(node)) || node.tag?.startsWith('!') !== true) return undefined
    const name = node.tag.slice(1)
    delete node.tag
    return document.createNode({ [name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`]: node })
  })
}
