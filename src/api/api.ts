import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { WriteMeter } from '../cost/write-meter.ts'
import type { Consumption } from '../engine/consumption.ts'
import { Contributors } from './contributors.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Credentials } from './credentials.ts'
import { createDispatcher } from './dispatch.ts'
import type { Disturb } from './disturbed-dispatcher.ts'
import { disturbedDispatcher } from './disturbed-dispatcher.ts'
import type { OnReply } from './http-edge.ts'
import { createHttpEdge } from './http-edge.ts'
import { newRequestId } from './request-id.ts'
import type { OperationName } from './service-model.ts'

/**
 * The DynamoDB wire of every Region, over one port. Which Region a request is for stands in the request.
 * It knows tables through engines and other Regions through the control plane; it knows nothing of replication.
 */
export interface Api {
  /** Answers one request of a `node:http` server. Timeouts of slow clients are the server's. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Which keys are used most, where that is watched. */
  readonly contributors: Contributors
  /** The same without HTTP and without credentials, for the simulator. The input is DynamoDB JSON. */
  call(region: string, operation: OperationName, input: unknown): Promise<{ readonly status: number; readonly body: Uint8Array }>
}

export interface ApiOptions {
  readonly controlPlane: ControlPlane
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  readonly log: Log
  /** Undefined: whoever reaches the port may do everything, and signatures are not looked at. */
  readonly credentials: Credentials | undefined
  readonly onReply?: OnReply
  /** What goes wrong with requests on purpose. */
  readonly disturb?: Disturb
  /** False: nobody is held to provisioned throughput. */
  readonly throttling?: boolean
  /** Where it is counted what is consumed of tables whose throughput is scaled by it. */
  readonly consumption?: Consumption | undefined
  /** Where it is counted what clients' writes consume of each table. */
  readonly writeMeter?: WriteMeter | undefined
}

export function createApi(options: ApiOptions): Api {
  const contributors = new Contributors()
  const plain = createDispatcher({ ...options, contributors })
  const dispatcher = options.disturb === undefined ? plain : disturbedDispatcher(plain, options.disturb, options.scheduler)
  const edge = createHttpEdge({ ...options, dispatcher, onReply: options.onReply })
  return {
    handle: edge.handle,
    contributors,
    call: (region, operation, input) =>
      dispatcher.dispatch({ region, operation, input, host: undefined, requestId: newRequestId(options.random) }),
  }
}
