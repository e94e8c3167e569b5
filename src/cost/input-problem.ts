import type { ErrorObject } from 'ajv'

/** What is wrong with an input file, and where: `tables[0].writes[1].region`. */
export interface InputProblem {
  readonly path: string
  readonly problem: string
}

/** What a schema found, in words, with what would be allowed. Said once for each place and reason. */
export function schemaProblems(errors: readonly ErrorObject[]): readonly InputProblem[] {
  const found = errors.flatMap((error): InputProblem[] => {
    // Its parts say what is wrong; that none of them fits adds nothing.
    if (error.keyword === 'anyOf' || error.keyword === 'if') return []
    return [{ path: pathOf(error), problem: wordsFor(error) }]
  })
  const once = new Map(found.map((each) => [`${each.path} ${each.problem}`, each]))
  return [...once.values()]
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string {
  const below =
    keyword === 'additionalProperties'
      ? `/${String(params['additionalProperty'])}`
      : keyword === 'required'
        ? `/${String(params['missingProperty'])}`
        : ''
  return `${instancePath}${below}`
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '')
}

function wordsFor({ keyword, params, message, parentSchema }: ErrorObject): string {
  switch (keyword) {
    case 'enum':
      return `must be one of ${(params['allowedValues'] as readonly unknown[]).join(', ')}`
    case 'const':
      return `must be ${String(params['allowedValue'])}`
    case 'additionalProperties': {
      const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {})
      return `is not known here; allowed are ${known.filter((name) => name !== '$schema').join(', ')}`
    }
    case 'required':
      return 'is missing'
    case 'pattern':
      return patternWords[String(params['pattern'])] ?? message ?? 'does not fit'
    default:
      return message ?? `does not fit (${keyword})`
  }
}

/** What the patterns of the schemas mean. */
const patternWords: Readonly<Record<string, string>> = {
  '^[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-[0-9]$': 'must be the name of an AWS Region, as in us-east-1',
  '^[0-9]+(\\.[0-9]+)?$': 'must be a decimal number as text, as in "0.625"',
  '^0(\\.[0-9]+)?$': 'must be a share below 1 as text, as in "0.18"',
  '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$': 'must be letters, digits, dots, dashes and underscores, at most 64',
}
