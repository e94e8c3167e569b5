import type { FoundTable } from './targets.ts'
import type { Action, StopCondition, Tags, Target, TemplateInput } from './template-schema.ts'

/** A template as it is kept. Times are milliseconds since 1970. */
export interface Template extends TemplateInput {
  readonly id: string
  readonly arn: string
  /** The Region and account that it is of. */
  readonly home: string
  readonly creationMs: number
  readonly lastUpdateMs: number
  readonly clientToken: string | undefined
}

/** One run of a template. */
export interface Experiment {
  readonly id: string
  readonly arn: string
  readonly home: string
  readonly templateId: string
  readonly roleArn: string
  readonly targets: Readonly<Record<string, Target>>
  readonly actions: Readonly<Record<string, RunningAction>>
  readonly stopConditions: readonly StopCondition[]
  readonly options: { readonly accountTargeting: string; readonly emptyTargetResolutionMode: string; readonly actionsMode: string }
  readonly logConfiguration?: object | undefined
  readonly experimentReportConfiguration?: object | undefined
  readonly tags: Tags
  readonly state: State<ExperimentStatus>
  readonly creationMs: number
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly clientToken: string | undefined
  /** The tables of each target, once they are known: they stay the same until the end. */
  readonly found: Readonly<Record<string, readonly FoundTable[]>> | undefined
}

export type ExperimentStatus = 'pending' | 'initiating' | 'running' | 'completed' | 'stopping' | 'stopped' | 'failed'
export type ActionStatus = 'pending' | 'initiating' | 'running' | 'completed' | 'cancelled' | 'stopping' | 'stopped' | 'failed' | 'skipped'

export interface State<S> {
  readonly status: S
  readonly reason: string
  /** The code of what made it fail. */
  readonly error?: string
}

export interface RunningAction extends Action {
  readonly state: State<ActionStatus>
  readonly startMs: number | undefined
  readonly endMs: number | undefined
}

export function isActive({ state: { status } }: Experiment): boolean {
  return status === 'pending' || status === 'initiating' || status === 'running' || status === 'stopping'
}

export function isOver({ state: { status } }: RunningAction): boolean {
  return status !== 'pending' && status !== 'initiating' && status !== 'running' && status !== 'stopping'
}

export const initialState: State<ActionStatus> = { status: 'pending', reason: 'Initial state' }
