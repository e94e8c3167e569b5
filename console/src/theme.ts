import { effect, signal } from '@preact/signals'

/** Light, dark, or as the system says. */
export type Theme = 'auto' | 'light' | 'dark'

const storedAs = 'everywrite.theme'
const stored = localStorage.getItem(storedAs)

export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto')
const systemIsDark = signal(false)
const query = window.matchMedia('(prefers-color-scheme: dark)')
systemIsDark.value = query.matches
query.addEventListener('change', () => (systemIsDark.value = query.matches))

export function isDark(): boolean {
  return theme.value === 'dark' || (theme.value === 'auto' && systemIsDark.value)
}

effect(() => {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light'
  localStorage.setItem(storedAs, theme.value)
})

export function nextTheme(): void {
  theme.value = isDark() ? 'light' : 'dark'
}
