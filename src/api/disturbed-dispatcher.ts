import { defaultAccount } from '../base/account-region.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import type { Call, Dispatcher, Reply } from './dispatch.ts'
import { errorReply } from './dispatch.ts'
import { requestedAccess } from './requested-access.ts'
import type { OperationName } from './service-model.ts'
import { internalServerError, throttledOnPurpose } from './wire-error.ts'

/** What is to go wrong with a request; undefined: nothing. Asked once for each. */
export type Disturb = (request: Disturbed) => Disturbance | undefined

export interface Disturbed {
  readonly region: string
  readonly operation: OperationName
  /** The tables that it names. */
  tables(): ReadonlySet<string>
}

export interface Disturbance {
  /** How long it waits before it is looked at. */
  readonly delayMs: number
  /** `failed`: nothing was carried out; `unanswered`: all was, and the answer is an error all the same. */
  readonly end: 'answered' | 'throttled' | 'failed' | 'unanswered'
}

/** A dispatcher whose requests go wrong on purpose. It stands before everything that looks at a request, so even an invalid one may be throttled. */
export function disturbedDispatcher(dispatcher: Dispatcher, disturb: Disturb, scheduler: Scheduler): Dispatcher {
  return {
    dispatch(call) {
      const { region, operation } = call
      const disturbance = disturb({ region, operation, tables: () => tablesOf(call) })
      return disturbance === undefined ? dispatcher.dispatch(call) : suffer(disturbance, call, dispatcher, scheduler)
    },
  }
}

async function suffer({ delayMs, end }: Disturbance, call: Call, dispatcher: Dispatcher, scheduler: Scheduler): Promise<Reply> {
  if (delayMs > 0) await sleep(scheduler, delayMs)
  if (end === 'throttled') return errorReply(throttledOnPurpose(isOfItems(call.operation)))
  if (end === 'failed') return errorReply(internalServerError)
  const reply = await dispatcher.dispatch(call)
  return end === 'unanswered' ? errorReply(internalServerError) : reply
}

function tablesOf({ region, operation, input, caller }: Call): ReadonlySet<string> {
  const accesses = requestedAccess(region, operation, input, caller?.account ?? defaultAccount)
  return new Set(accesses.flatMap(({ resource }) => /^table\/([^/*]+)/.exec(resource)?.[1] ?? []))
}

/** Items are throttled by throughput, control operations by their own rates. */
function isOfItems(operation: OperationName): boolean {
  return /^(Get|Put|Update|Delete|BatchGet|BatchWrite|TransactGet|TransactWrite)Items?$|^(Query|Scan|GetRecords)$|Statement|ExecuteTransaction/.test(
    operation,
  )
}
