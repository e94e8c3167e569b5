import { accountRegion } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { WriteMeter } from '../cost/write-meter.ts'
import type { Consumption } from '../engine/consumption.ts'
import { encodeAnswer } from './answer.ts'
import { authorize } from './authorize.ts'
import type { Caller } from './caller.ts'
import type { Contributors } from './contributors.ts'
import type { ControlPlane } from './control-plane.ts'
import { operations } from './operations/registry.ts'
import type { Access } from './requested-access.ts'
import { requestedAccess } from './requested-access.ts'
import type { OperationName } from './service-model.ts'
import type { Tally } from './tally.ts'
import { Throttle } from './throttle.ts'
import { validateInput } from './validation/validate-input.ts'
import { wrongAttributeValue } from './validation/wrong-attribute-value.ts'
import type { WireError } from './wire-error.ts'
import { encodeError, internalServerError, isWireError, unknownOperation } from './wire-error.ts'

/** What lies below HTTP: an operation's name and input in, status and body out. It never rejects. */
export interface Dispatcher {
  dispatch(call: Call): Promise<Reply>
}

export interface Call {
  readonly region: string
  readonly operation: OperationName
  readonly input: unknown
  readonly host: string | undefined
  /** Undefined: may do everything. */
  readonly caller?: Caller | undefined
  /** For finding the request again in the log. */
  readonly requestId: string
  /** Undefined: nobody wants to know what it comes to. */
  readonly tally?: Tally | undefined
}

export interface Reply {
  readonly status: number
  readonly body: Buffer
  /** What the body says; undefined for what was carried out. */
  readonly error?: WireError
}

export function createDispatcher(options: {
  controlPlane: ControlPlane
  clock: Clock
  log: Log
  throttling?: boolean
  consumption?: Consumption | undefined
  writeMeter?: WriteMeter | undefined
  contributors: Contributors
}): Dispatcher {
  const throttle = new Throttle(options.throttling !== false, options.consumption)
  const { controlPlane, clock, log, contributors, writeMeter: meter } = options
  return {
    async dispatch({ region, operation: name, input, host, caller, requestId, tally }) {
      try {
        const nowMs = clock.nowMs()
        const accesses = caller === undefined ? [] : requestedAccess(region, name, input, caller.account)
        const denied = caller && (await authorize({ region, operation: name, input }, accesses, caller, controlPlane, nowMs))
        if (denied !== undefined) return errorReply(denied)
        const operation = operations[name]
        if (operation === undefined) return errorReply(unknownOperation)
        const outcome =
          validateInput(name, input) ??
          (await operation.run(
            { region: regionMeant(region, accesses, caller), controlPlane, nowMs, host, throttle, contributors, meter, tally, caller },
            input,
          ))
        if (isWireError(outcome)) return errorReply(wrongAttributeValue(name, input) ?? outcome)
        return { status: 200, body: encodeAnswer(outcome) }
      } catch (error) {
        log.error('request-failed', { requestId, region, operation: name, error })
        return errorReply(internalServerError)
      }
    },
  }
}

/**
 * Whose Region a request is carried out in: the caller's, or that of the account whose tables alone it names. Without permission it does not come so
 * far, so nobody makes a Region up by naming an account.
 */
function regionMeant(region: string, accesses: readonly Access[], caller: Caller | undefined): string {
  if (caller === undefined) return region
  const [first] = accesses
  const foreign = first !== undefined && accesses.every(({ account }) => account === first.account)
  return accountRegion(region, foreign ? first.account : caller.account)
}

export function errorReply(error: WireError): Reply {
  return { status: error.status, body: encodeError(error), error }
}
