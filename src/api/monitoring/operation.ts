import type { MetricStore } from '../../telemetry/metric-store.ts'
import type { Series } from '../../telemetry/series.ts'
import type { MonitoringError } from './monitoring-error.ts'
import type { Finding, Shape } from './shape.ts'

/** One operation of CloudWatch. */
export interface MonitoringOperation {
  readonly input: Shape
  /** What is said of parameters that cannot be. */
  readonly refuse: (findings: readonly Finding[]) => MonitoringError
  /** @param input read by its shape */
  run(context: MonitoringContext, input: unknown): Output | MonitoringError
}

export interface MonitoringContext {
  readonly store: MetricStore
  /** Of the caller's account (`base/account-region.ts`). */
  readonly region: string
  readonly account: string
  readonly nowMs: number
  /** Whether the caller may know of this metric. */
  readonly maySee: (series: Series) => boolean
}

/** Members that are undefined are left out. */
export type Output = Readonly<Record<string, OutputValue>>
export type OutputValue =
  string | number | Timestamp | EntryMap | undefined | readonly OutputValue[] | { readonly [name: string]: OutputValue }

export class Timestamp {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

/** A map whose keys are data; in XML it is not written as a structure is. */
export class EntryMap {
  readonly entries: Readonly<Record<string, number>>

  constructor(entries: Readonly<Record<string, number>>) {
    this.entries = entries
  }
}

/** @param run its `Input` states what the shape says */
export function monitoringOperation<Input>(
  parts: Omit<MonitoringOperation, 'run'> & { readonly run: (context: MonitoringContext, input: Input) => Output | MonitoringError },
): MonitoringOperation {
  return { ...parts, run: (context, input) => parts.run(context, input as Input) }
}

export interface DimensionInput {
  readonly Name: string
  readonly Value: string
}

export const dimensionShape: Shape = {
  kind: 'structure',
  members: { Name: { kind: 'string', longest: 255 }, Value: { kind: 'string', longest: 1024 } },
  required: ['Name', 'Value'],
}

export const namespaceShape: Shape = { kind: 'string', longest: 255 }
export const metricNameShape: Shape = { kind: 'string', longest: 255 }
export const dimensionsShape: Shape = { kind: 'list', of: dimensionShape, most: 30 }

/** As the wire writes a metric. */
export function metricOf({ id: { metric, dimensions } }: Pick<Series, 'id'>, namespace: string): Output {
  return {
    Namespace: namespace,
    MetricName: metric,
    Dimensions: dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
  }
}
