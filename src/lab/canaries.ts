import type { Canary } from './canary.ts'

export type CanaryName = 'none-yet'

export const canaries: Readonly<Record<CanaryName, Canary>> = { 'none-yet': {} }
