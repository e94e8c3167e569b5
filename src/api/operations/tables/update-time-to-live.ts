import type { Refusal } from '../../../engine/refusal.ts'
import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { Table, TableSettings } from '../../../engine/table.ts'
import { fromRefusal } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { tableNameOf } from '../table-lookup.ts'

interface Input {
  readonly TableName: string
  readonly TimeToLiveSpecification: { readonly Enabled: boolean; readonly AttributeName: string }
}

/** Of a global table it holds in every Region. */
export const updateTimeToLive = operation<Input>(async (context, { TableName, TimeToLiveSpecification: wanted }) => {
  const name = tableNameOf(context, TableName)
  if (typeof name !== 'string') return name
  const view = await context.controlPlane.changeSettings(context.region, name, (table) => changed(table, wanted), 'always')
  return isRefusal(view) ? fromRefusal(view) : { TimeToLiveSpecification: wanted }
})

function changed({ settings }: Table, { Enabled, AttributeName }: Input['TimeToLiveSpecification']): TableSettings | Refusal {
  const { timeToLive } = settings
  if (timeToLive === undefined && !Enabled) return refuse('invalid', 'TimeToLive is already disabled')
  if (timeToLive !== undefined && timeToLive !== AttributeName) {
    return refuse('invalid', `TimeToLive is active on a different AttributeName: current AttributeName is ${timeToLive}`)
  }
  if (timeToLive !== undefined && Enabled) return refuse('invalid', 'TimeToLive is already enabled')
  return { ...settings, timeToLive: Enabled ? AttributeName : undefined }
}
