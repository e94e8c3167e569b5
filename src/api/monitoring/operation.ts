import type { MetricStore } from '../../telemetry/metric-store.ts'
import type { Series } from '../../telemetry/series.ts'
import { namespace, unitOf } from './metric-units.ts'
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

const dimension = {
  kind: 'structure',
  members: { Name: { kind: 'string', longest: 255 }, Value: { kind: 'string', longest: 1024 } },
} as const

export const namespaceShape: Shape = { kind: 'string', longest: 255 }
export const metricNameShape: Shape = { kind: 'string', longest: 255 }
export const dimensionsShape: Shape = { kind: 'list', of: { ...dimension, required: ['Name', 'Value'] }, most: 30 }
/** In a filter, a name alone means all its values. */
export const dimensionFiltersShape: Shape = { kind: 'list', of: { ...dimension, required: ['Name'] }, most: 10 }

export interface MetricInput {
  readonly Namespace?: string | undefined
  readonly MetricName?: string | undefined
  readonly Dimensions?: readonly DimensionInput[] | undefined
  readonly Unit?: string | undefined
}

/** The metric with exactly these dimensions, in this unit if one is named; undefined when there is none that the caller may know of. */
export function seriesMeant({ store, region, maySee }: MonitoringContext, meant: MetricInput): Series | undefined {
  const { Namespace, MetricName = '', Dimensions = [], Unit } = meant
  if (Namespace !== namespace || (Unit !== undefined && Unit !== unitOf(MetricName))) return undefined
  const dimensions = Dimensions.map(({ Name, Value }) => ({ name: Name, value: Value }))
  const series = store.find(region, MetricName, dimensions)
  return series !== undefined && maySee(series) ? series : undefined
}

/** As the wire writes a metric. */
export function metricOf({ id: { metric, dimensions } }: Pick<Series, 'id'>, namespace: string): Output {
  return {
    Namespace: namespace,
    MetricName: metric,
    Dimensions: dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
  }
}
