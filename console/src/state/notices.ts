import { signal } from '@preact/signals'

/** What happened, told once: shown in a corner for some seconds, and read out by screen readers. */
export interface Notice {
  readonly id: number
  readonly tone: 'plain' | 'good' | 'warn' | 'bad'
  readonly text: string
  /** Where one can look at it. */
  readonly href?: string
}

export const notices = signal<readonly Notice[]>([])

let lastId = 0

export function tell(text: string, tone: Notice['tone'] = 'plain', href?: string): void {
  const id = ++lastId
  // The same again replaces what is still shown of it.
  const others = notices.value.filter((notice) => notice.text !== text).slice(-(shownMax - 1))
  notices.value = [...others, { id, tone, text, ...(href === undefined ? {} : { href }) }]
  setTimeout(() => dismiss(id), tone === 'bad' ? 12_000 : 6_000)
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id)
}

/** Says why something that the user asked for did not work. */
export function tellFailure(error: unknown): void {
  tell(error instanceof Error ? error.message : String(error), 'bad')
}

const shownMax = 4
