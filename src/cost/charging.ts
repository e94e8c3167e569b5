import type { Decimal } from './money.ts'
import { decimal } from './money.ts'

/** How work is paid for. */
export interface Charging {
  readonly mode: 'on-demand' | 'provisioned'
  /** How much of what is provisioned is used when it is scaled well; 1: all of it, which no real table reaches. */
  readonly targetUtilization: Decimal
  /** Whether provisioned units follow each hour's need, or stay at what the busiest hour needs. */
  readonly scaling: 'follows' | 'peak'
  readonly commitment: Commitment
  readonly hoursPerMonth: Decimal
  readonly freeTier: boolean
}

export type Commitment = 'none' | 'savings-plan' | 'reserved-1y' | 'reserved-3y'

/** DynamoDB's default for auto scaling is 70 %; the month is that of AWS's calculator. */
export const defaultCharging: Charging = {
  mode: 'on-demand',
  targetUtilization: decimal('0.7'),
  scaling: 'follows',
  commitment: 'none',
  hoursPerMonth: decimal(730),
  freeTier: false,
}
