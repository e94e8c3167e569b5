/**
 * What a SELECT with a list shows of an item: a flat map, in which a value is called by the last name of its path and what follows it, as
 * PartiQL calls a column without an alias: `SELECT a.b[0]` shows `b[0]` (reported at second hand, so a guess). What is missing is left out; that of
 * two columns of one name the last is shown is a guess too.
 */
import { newMap } from '../../item/attribute-value.ts'
import type { AttributeMap } from '../../item/attribute-value.ts'
import type { Path } from '../path.ts'
import { valueAt } from '../path.ts'

export interface Column {
  readonly name: string
  readonly path: Path
}

export function columnsOf(paths: readonly Path[]): readonly Column[] {
  return paths.map((path) => ({ name: nameOf(path), path }))
}

export function selectColumns(columns: readonly Column[], item: AttributeMap): AttributeMap {
  const shown = newMap()
  for (const { name, path } of columns) {
    const value = valueAt(item, path)
    if (value !== undefined) shown[name] = value
  }
  return shown
}

function nameOf(path: Path): string {
  const at = path.findLastIndex((step) => typeof step === 'string')
  return path
    .slice(at)
    .map((step) => (typeof step === 'number' ? `[${step}]` : step))
    .join('')
}
