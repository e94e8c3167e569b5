import type { ComponentType } from 'preact'

/** The pages, in the order of their keys. Each is a folder of its own, loaded when it is first looked at. */
export interface Page {
  readonly id: string
  readonly title: string
  /** `g` and this. */
  readonly letter: string
  readonly load: () => Promise<{ readonly default: ComponentType }>
}

export const pages: readonly Page[] = [{ id: 'world', title: 'World', letter: 'w', load: () => import('./pages/world/world.tsx') }]
