/**
 * What is being measured now, on stderr: in one place on a terminal, else a line now and then. Figures go to stdout, and are not mixed with it.
 */
const onTerminal = process.stderr.isTTY
const linesEveryMs = 5_000
let lastMs = 0

export function progress(text: string): void {
  if (onTerminal) {
    process.stderr.write(`\r\u001b[K${text}`)
    return
  }
  if (performance.now() - lastMs < linesEveryMs) return
  lastMs = performance.now()
  process.stderr.write(`${text}\n`)
}

/** Before a figure is printed, and in the end. */
export function clearProgress(): void {
  if (onTerminal) process.stderr.write('\r\u001b[K')
}

/** Prints a line of figures. */
export function figures(line: string): void {
  clearProgress()
  console.log(line)
}

/** 48 %, and a bar on a terminal. */
export function share(done: number, of: number): string {
  const fraction = of === 0 ? 1 : Math.min(1, done / of)
  const cells = Math.floor(fraction * 24)
  const bar = onTerminal ? `${'█'.repeat(cells)}${'░'.repeat(24 - cells)} ` : ''
  return `${bar}${Math.floor(fraction * 100)} %`
}
