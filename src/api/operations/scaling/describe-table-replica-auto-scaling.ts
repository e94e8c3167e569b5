import { isRefusal } from '../../../engine/refusal.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, resourceNotFound } from '../../wire-error.ts'
import { describeAutoScaling } from './auto-scaling-description.ts'
import { operation } from '../operation.ts'
import { tableNameOf } from '../table-lookup.ts'

interface Input {
  readonly TableName: string
}

/** Of a table without replicas DynamoDB says that there is none; here one whose scaling was set is described. */
export const describeTableReplicaAutoScaling = operation<Input>(async (context, input) => {
  const name = tableNameOf(context, input.TableName)
  if (typeof name !== 'string') return name
  const view = await context.controlPlane.describeTable(context.region, name)
  if (isRefusal(view)) return view.refused === 'not-found' ? noGlobalTable(name) : fromRefusal(view)
  if (view.replicas === undefined && view.table.settings.autoScaling === undefined) return noGlobalTable(name)
  return { TableAutoScalingDescription: describeAutoScaling(context, view) }
})

export function noGlobalTable(name: string): WireError {
  return resourceNotFound(`Global table with name: '${name}' does not exist.`)
}
