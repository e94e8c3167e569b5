/** Reading the JSON of a policy, in which a list of one may be written without its brackets. */

export function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

export function invalidElement(json: object, known: ReadonlySet<string>): boolean {
  return Object.keys(json).some((name) => !known.has(name))
}

/** Undefined for what is no text and no list of texts, and for an empty list. */
export function textsIn(json: unknown): readonly string[] | undefined {
  const list: unknown[] = Array.isArray(json) ? json : [json]
  const texts = list.filter((each) => typeof each === 'string')
  return texts.length === 0 || texts.length < list.length ? undefined : texts
}

export function scalarOrList(list: readonly unknown[]): unknown {
  return list.length === 1 ? list[0] : list
}
