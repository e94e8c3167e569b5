import type { Answer } from '../answer.ts'
import type { WriteMeter } from '../../cost/write-meter.ts'
import type { Caller } from '../caller.ts'
import type { Contributors } from '../contributors.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { Tally } from '../tally.ts'
import type { Throttle } from '../throttle.ts'
import type { WireError } from '../wire-error.ts'

/** What an operation is called with, beside its input. */
export interface CallContext {
  /** Of the account in which the request is carried out (`base/account-region.ts`). */
  readonly region: string
  readonly controlPlane: ControlPlane
  readonly nowMs: number
  readonly throttle: Throttle
  readonly contributors?: Contributors
  /** Undefined: nobody wants to know what is consumed. */
  readonly meter?: WriteMeter | undefined
  /** Undefined: nobody wants to know what the request comes to. */
  readonly tally?: Tally | undefined
  /** The `Host` that the client called; undefined for a call without HTTP. */
  readonly host: string | undefined
  /** Undefined: nobody was asked who they are. */
  readonly caller?: Caller | undefined
}

/**
 * One operation of DynamoDB. Its input has been held to the service model: members have their JSON types, required ones are
 * there, nulls are gone. What the model cannot say, it checks itself, in DynamoDB's order.
 */
export interface Operation {
  run(context: CallContext, input: unknown): Promise<Answer | WireError>
}

/** @param run its `Input` states those members of the model's shape that the operation reads */
export function operation<Input>(run: (context: CallContext, input: Input) => Promise<Answer | WireError>): Operation {
  return { run: (context, input) => run(context, input as Input) }
}

/**
 * Names the first parameter that was sent and that we do not do yet. Silence would be worse: a client that sent it relies on it.
 * @param known what this operation would do in DynamoDB and does not do here
 */
export function unsupportedParameter(input: object, known: readonly string[]): string | undefined {
  const sent = known.find((name) => (input as Readonly<Record<string, unknown>>)[name] !== undefined)
  return sent === undefined ? undefined : `everywrite does not support the parameter ${sent} yet`
}
