import { signal } from '@preact/signals'

/** The time, once a second while the page is looked at: what relative times and countdowns are made of. */
export const now = signal(Date.now())

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 1000)

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = Date.now()
})
