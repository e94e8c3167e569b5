/** Prints for people, or for programs with `--json`. Colour and rules only on a terminal. */

export const onTerminal = process.stdout.isTTY && process.env['NO_COLOR'] === undefined

/**
 * Whoever reads the output may stop reading, as `head` does. That ends no server and fails no command.
 */
export function allowReaderToLeave(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

export function print(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** Lines that are shown in the place of those that it showed last. On a terminal only. */
export class Display {
  #lines = 0

  show(text: string): void {
    const up = this.#lines === 0 ? '' : `\u001b[${this.#lines}A`
    process.stdout.write(`${up}\u001b[0J${text}\n`)
    const columns = process.stdout.columns || Number.POSITIVE_INFINITY
    // A line that is wider than the terminal takes several of it.
    this.#lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / columns)), 0)
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

export const style = {
  strong: (text: string): string => paint('1', text),
  faint: (text: string): string => paint('2', text),
  good: (text: string): string => paint('32', text),
  bad: (text: string): string => paint('31', text),
  accent: (text: string): string => paint('36', text),
}

function paint(code: string, text: string): string {
  return onTerminal ? `\u001b[${code}m${text}\u001b[0m` : text
}

/** Columns side by side, as wide as their widest cell. */
export function layOut(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => visibleLength(row[column] ?? ''))))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - visibleLength(cell))))
      .join('  ')
      .trimEnd()
  return [style.faint(line(head)), ...rows.map(line)].join('\n')
}

/** The escape sequences of {@link paint}. */
const escapes = /\u001b\[\d+m/g

function visibleLength(text: string): number {
  return text.replace(escapes, '').length
}

/** DynamoDB JSON as a person writes it: `new@email.com`, `3`, `["a"]`. */
export function plain(value: unknown): string {
  const simple = simplify(value)
  return typeof simple === 'string' ? simple : JSON.stringify(simple)
}

function simplify(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const [entry] = Object.entries(value)
  if (entry === undefined) return value
  const [tag, inner] = entry as [string, unknown]
  switch (tag) {
    case 'M':
      return Object.fromEntries(Object.entries(inner as Record<string, unknown>).map(([name, each]) => [name, simplify(each)]))
    case 'L':
      return (inner as unknown[]).map(simplify)
    case 'NULL':
      return null
    case 'N':
      return Number.isSafeInteger(Number(inner)) ? Number(inner) : inner
    default:
      return inner
  }
}
