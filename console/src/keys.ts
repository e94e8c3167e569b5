import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** The keyboard: single keys, and `g` followed by one. While somebody types, and while a dialog is open, keys are theirs. */
export interface Shortcut {
  /** `h`, or `g w` for one after the other. */
  readonly keys: string
  readonly label: string
  readonly run: () => void
}

export const shortcuts = signal<readonly Shortcut[]>([])

/** They hold while the component is shown. */
export function useShortcuts(own: readonly Shortcut[], inputs: readonly unknown[] = []): void {
  useEffect(() => {
    shortcuts.value = [...shortcuts.peek(), ...own]
    return () => void (shortcuts.value = shortcuts.peek().filter((shortcut) => !own.includes(shortcut)))
  }, inputs)
}

let pending = ''
let pendingSinceMs = 0

window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
  if (document.querySelector('dialog[open]') !== null) return
  const isSecond = pending !== '' && event.timeStamp - pendingSinceMs < secondKeyMsMax
  const typed = isSecond ? `${pending} ${event.key}` : event.key
  pending = ''
  const found = shortcuts.value.find(({ keys }) => keys === typed)
  if (found !== undefined) {
    event.preventDefault()
    found.run()
  } else if (!isSecond && shortcuts.value.some(({ keys }) => keys.startsWith(`${event.key} `))) {
    pending = event.key
    pendingSinceMs = event.timeStamp
  }
})

const secondKeyMsMax = 1500

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}
