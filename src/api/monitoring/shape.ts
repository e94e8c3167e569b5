/**
 * The shapes of what three operations of CloudWatch take, as far as they are read (service model of 2010-08-01). A parameter is named by its path, as the Query
 * protocol writes it: `MetricDataQueries.member.1.MetricStat.Stat`.
 */
export type Shape =
  | { readonly kind: 'string'; readonly longest?: number; readonly choices?: readonly string[] }
  | { readonly kind: 'integer'; readonly least?: number }
  | { readonly kind: 'boolean' | 'timestamp' }
  | { readonly kind: 'list'; readonly of: Shape; readonly most?: number }
  | { readonly kind: 'structure'; readonly members: Readonly<Record<string, Shape>>; readonly required?: readonly string[] }

/** What is wrong with the parameters, one by one. */
export interface Finding {
  readonly kind: 'missing' | 'invalid'
  readonly message: string
}

/**
 * Reads what a protocol decoded: numbers and truths may be texts, times are milliseconds afterwards. What is not in the shape is passed over.
 * @param findings what is wrong is added here
 */
export function readShape(shape: Shape, value: unknown, path: string, findings: Finding[]): unknown {
  const invalid = (message: string): undefined => {
    findings.push({ kind: 'invalid', message })
    return undefined
  }
  switch (shape.kind) {
    case 'structure':
      return readStructure(shape, value, path, findings)
    case 'list': {
      if (!Array.isArray(value)) return invalid(`The parameter ${path} must be a list.`)
      // The text is a guess.
      if (shape.most !== undefined && value.length > shape.most)
        return invalid(`The collection ${path} must not have a size greater than ${shape.most}.`)
      return value.map((element, at) => readShape(shape.of, element, `${path}.member.${at + 1}`, findings))
    }
    case 'string': {
      if (typeof value !== 'string') return invalid(`The parameter ${path} must be a string.`)
      const { longest, choices } = shape
      // Both texts are as observed for other operations of CloudWatch.
      if (longest !== undefined && (value.length < 1 || value.length > longest))
        return invalid(`The parameter ${path} must be shorter than ${longest + 1} characters, and not empty.`)
      return choices === undefined || choices.includes(value)
        ? value
        : invalid(`The parameter ${path} must be a value in the set [ ${choices.join(', ')} ].`)
    }
    case 'integer': {
      const number =
        typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : typeof value === 'bigint' ? Number(value) : value
      if (typeof number !== 'number' || !Number.isSafeInteger(number)) return invalid(`The parameter ${path} must be an integer.`)
      return shape.least === undefined || number >= shape.least
        ? number
        : invalid(`The parameter ${path} must be greater than or equal to ${shape.least}.`)
    }
    case 'boolean':
      if (typeof value === 'boolean') return value
      return value === 'true' || value === 'false' ? value === 'true' : invalid(`The parameter ${path} must be true or false.`)
    case 'timestamp':
      return timestampMs(value) ?? invalid(`The parameter ${path} must be a timestamp.`)
  }
}

function readStructure(
  { members, required = [] }: Extract<Shape, { kind: 'structure' }>,
  value: unknown,
  path: string,
  findings: Finding[],
): Readonly<Record<string, unknown>> {
  const given = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
  const read: Record<string, unknown> = {}
  for (const [name, shape] of Object.entries(members)) {
    const at = path === '' ? name : `${path}.${name}`
    const member = Object.hasOwn(given, name) ? given[name] : undefined
    if (member !== undefined && member !== null) read[name] = readShape(shape, member, at, findings)
    else if (required.includes(name)) findings.push({ kind: 'missing', message: `The parameter ${at} is required.` })
  }
  return read
}

/** Seconds since 1970, as a number or a text, or a date as ISO 8601 writes it. */
function timestampMs(value: unknown): number | undefined {
  const ms =
    typeof value === 'number'
      ? value * 1000
      : typeof value === 'bigint'
        ? Number(value) * 1000
        : typeof value === 'string'
          ? /^\d+(\.\d+)?$/.test(value)
            ? Number(value) * 1000
            : Date.parse(value)
          : Number.NaN
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? Math.round(ms) : undefined
}
