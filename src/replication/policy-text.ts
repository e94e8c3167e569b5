import type { Invalid } from '../item/invalid.ts'
import { invalid } from '../item/invalid.ts'
import type { KeySchema } from '../item/key-schema.ts'
import { customPolicy } from './custom.ts'
import type { CustomFunctions } from './custom-function.ts'
import { noFunctions } from './custom-function.ts'
import { homeRegion } from './home-region.ts'
import type { Policy } from './policy.ts'
import { mergePolicy } from './merge.ts'
import { lastWriterWins, versionCheck } from './policy.ts'

/**
 * A policy as people write it, in a tag or to the admin API. It holds only what a tag's value may hold:
 *
 *   last-writer-wins
 *   version-check
 *   merge
 *   custom:0123456789abcdef0123456789abcdef
 *                                     the function that was registered under this name
 *   home-region:key-prefix            the partition key begins with the home, as eu-west-1#ann
 *   home-region:attribute=home        the attribute `home` names it
 *     …:refuse                        other Regions refuse to write it
 *     …:us-west-2=eu-west-1           what was at home in us-west-2 is at home in eu-west-1 now; may be repeated
 */
export function parsePolicy(text: string, schema: KeySchema, functions: CustomFunctions = noFunctions): Policy | Invalid {
  const [name, ...options] = text.split(':')
  switch (name) {
    case 'last-writer-wins':
      return options.length === 0 ? lastWriterWins : noOptions(text)
    case 'version-check':
      return options.length === 0 ? versionCheck : noOptions(text)
    case 'merge':
      return options.length === 0 ? mergePolicy(schema) : noOptions(text)
    case 'custom':
      return parseCustom(text, options, schema, functions)
    case 'home-region':
      return parseHomeRegion(text, options, schema)
    default:
      return wrong(text, `the policies are ${policyNames.join(', ')}`)
  }
}

/** What a table without a policy of its own has. */
export const defaultPolicy = lastWriterWins.text

/** The tag that holds a table's policy: set in one Region, it is the same in all. */
export const policyTag = 'everywrite:conflict-policy'

const policyNames = ['last-writer-wins', 'version-check', 'merge', 'custom', 'home-region']

function parseCustom(text: string, [name, ...more]: readonly string[], schema: KeySchema, functions: CustomFunctions): Policy | Invalid {
  if (name === undefined || more.length > 0) return wrong(text, 'custom takes the name of a function, as registering one tells it')
  const run = functions.find(name)
  return run === undefined ? wrong(text, `no function ${name} is registered`) : customPolicy(name, run, functions.engine, schema)
}

function parseHomeRegion(text: string, [source = '', ...options]: readonly string[], schema: KeySchema): Policy | Invalid {
  const attribute = attributeOption.exec(source)?.[1]
  if (attribute === undefined && source !== 'key-prefix') {
    return wrong(text, 'home-region takes key-prefix or attribute=NAME, with NAME of letters, digits, _, - and .')
  }
  if (attribute === undefined && schema.partition.type !== 'S') return wrong(text, 'key-prefix needs a partition key of type S')
  const moved = new Map<string, string>()
  let refuse = false
  for (const option of options) {
    const [, lost, home] = movedOption.exec(option) ?? []
    if (option === 'refuse' && !refuse) refuse = true
    else if (lost !== undefined && home !== undefined && lost !== home && !moved.has(lost)) moved.set(lost, home)
    else return wrong(text, `${option === '' ? 'an empty option' : option} is neither refuse nor LOST-REGION=NEW-REGION, or is there twice`)
  }
  return homeRegion(text, { attribute, refuse, moved }, schema)
}

function noOptions(text: string): Invalid {
  return wrong(text, `${text.split(':', 1)[0]} takes no options`)
}

function wrong(text: string, why: string): Invalid {
  return invalid(`The value of the tag ${policyTag} is no conflict policy: ${text}; ${why}.`)
}

const attributeOption = /^attribute=([\p{L}\p{N}_.-]{1,128})$/u
const movedOption = /^([A-Za-z0-9-]+)=([A-Za-z0-9-]+)$/
