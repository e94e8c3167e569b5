import { regionOf } from '../base/account-region.ts'
import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'
import { policyTag } from '../replication/policy-text.ts'
import type { FunctionRegistry } from './function-registry.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'

/**
 * Forgets a function that no table's policy names: neither as it is recorded, nor as a Region follows it. What a Region that does not run names is not
 * known, so nothing is forgotten meanwhile. Returns false when there is no such function.
 */
export function removeFunction(
  { regions, registry, functions }: { readonly regions: Regions; readonly registry: Registry; readonly functions: FunctionRegistry },
  name: string,
): Promise<boolean | Refusal> {
  // In order with what could name it.
  return registry.inOrder(async () => {
    if (functions.find(name) === undefined) return false
    const down = regions.all().find(({ running }) => running === undefined)
    if (down !== undefined)
      return refuse('in-use', `Region ${regionOf(down.name)} does not answer: whether a table there names the function is not known.`)
    const table = namedBy(`custom:${name}`, regions, registry)
    if (table !== undefined) return refuse('in-use', `The conflict policy of table ${table} names the function.`)
    await functions.remove(name)
    return true
  })
}

/** A table whose policy this is, or in some Region still is. */
function namedBy(policy: string, regions: Regions, registry: Registry): string | undefined {
  const global = registry.tables().find(({ membership }) => membership.policy === policy)
  if (global !== undefined) return global.name
  for (const { running } of regions.all()) {
    const table = running?.engine
      .tables()
      .find(({ tags, number }) => tags[policyTag] === policy || running.versions.membership(number).policy === policy)
    if (table !== undefined) return table.name
  }
  return undefined
}
