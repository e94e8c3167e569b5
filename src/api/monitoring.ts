import type { IncomingMessage, ServerResponse } from 'node:http'
import { accountRegion, defaultAccount } from '../base/account-region.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { MetricStore } from '../telemetry/metric-store.ts'
import type { Series } from '../telemetry/series.ts'
import { cborProtocol } from './monitoring/cbor-protocol.ts'
import { getMetricData } from './monitoring/get-metric-data.ts'
import { getMetricStatistics } from './monitoring/get-metric-statistics.ts'
import { jsonProtocol } from './monitoring/json-protocol.ts'
import { listMetrics } from './monitoring/list-metrics.ts'
import type { MonitoringError } from './monitoring/monitoring-error.ts'
import { authenticationFailure, internalFailure, isMonitoringError, malformedInput, unknownAction } from './monitoring/monitoring-error.ts'
import type { MonitoringOperation, Output } from './monitoring/operation.ts'
import type { DecodedCall, Protocol } from './monitoring/protocol.ts'
import { serviceName } from './monitoring/protocol.ts'
import { queryProtocol } from './monitoring/query-protocol.ts'
import type { Finding } from './monitoring/shape.ts'
import { readShape } from './monitoring/shape.ts'
import { mayReadMetrics } from './permission.ts'
import { readBody } from './request-body.ts'
import { newRequestId } from './request-id.ts'
import type { Signer, SignerOptions } from './signer.ts'
import { signerOf } from './signer.ts'
import { isWireError } from './wire-error.ts'

/**
 * CloudWatch's wire, on the port of DynamoDB's, for its three operations that read: so alarms and dashboards can be tried with the SDK that they will use. A
 * request is CloudWatch's by its target, its path, or its form.
 */
export interface Monitoring {
  /** Whether a request is for CloudWatch; asked of every request. */
  owns(this: void, request: IncomingMessage): boolean
  handle(this: void, request: IncomingMessage, response: ServerResponse): void
}

export interface MonitoringOptions extends Omit<SignerOptions, 'service'> {
  readonly store: MetricStore
  readonly random: Random
  readonly log: Log
  /** Called before anything is read: what is measured now and then is measured now. */
  readonly sample: () => void
}

export function createMonitoring(options: MonitoringOptions): Monitoring {
  return {
    owns: (request) => protocolOf(request) !== undefined,
    handle(request, response) {
      const protocol = protocolOf(request) ?? jsonProtocol
      readBody(request, (body) => {
        if (body.kind === 'broken-off') return
        if (body.kind === 'too-large' && !body.drained) response.setHeader('Connection', 'close')
        const requestId = newRequestId(options.random)
        const bytes = body.kind === 'whole' && body.bytes.length <= bodyBytesMax ? body.bytes : undefined
        const { operation, outcome } = answer(options, protocol, request, bytes)
        send(response, protocol, requestId, operation, outcome)
      })
    },
  }
}

const operations: Readonly<Record<string, MonitoringOperation>> = {
  GetMetricData: getMetricData,
  GetMetricStatistics: getMetricStatistics,
  ListMetrics: listMetrics,
}

/** GetMetricData with 500 metrics is a tenth of that. */
const bodyBytesMax = 1 << 20

/** The usual request is one of DynamoDB's, and is known by its target. */
function protocolOf({ method, headers, url = '' }: IncomingMessage): Protocol | undefined {
  const target = headers['x-amz-target']
  if (target !== undefined) return typeof target === 'string' && target.startsWith(serviceName) ? jsonProtocol : undefined
  if (url.startsWith(`/service/${serviceName}/`)) return cborProtocol
  const isForm = method === 'POST' && headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return isForm || (method === 'GET' && /[?&]Action=/.test(url)) ? queryProtocol : undefined
}

interface Answered {
  readonly operation: string
  readonly outcome: Output | MonitoringError
}

function answer(options: MonitoringOptions, protocol: Protocol, request: IncomingMessage, bytes: Buffer | undefined): Answered {
  try {
    if (bytes === undefined) return { operation: '', outcome: malformedInput }
    const signer = signerOf({ ...options, service: 'monitoring' }, request, bytes)
    if (isWireError(signer)) return { operation: '', outcome: authenticationFailure(signer) }
    const call = signer.content && protocol.decode(request, signer.content)
    if (call === undefined) return { operation: '', outcome: malformedInput }
    return { operation: call.operation, outcome: carryOut(options, signer, call) }
  } catch (error) {
    options.log.error('monitoring-request-failed', { error })
    return { operation: '', outcome: internalFailure }
  }
}

function carryOut(
  { store, clock, sample }: MonitoringOptions,
  signer: Signer,
  { operation, input }: DecodedCall,
): Output | MonitoringError {
  const { region, credential } = signer
  const known = Object.hasOwn(operations, operation) ? operations[operation] : undefined
  if (known === undefined) return unknownAction(operation === '' ? 'operation without a name' : operation)
  const maySee = (series: Series): boolean => {
    const table = series.id.dimensions.find(({ name }) => name === 'TableName')?.value
    return credential === undefined || mayReadMetrics(credential, region, table)
  }
  const findings: Finding[] = []
  const read = readShape(known.input, input, '', findings)
  if (findings.length > 0) return known.refuse(findings)
  sample()
  const account = credential?.account ?? defaultAccount
  return known.run({ store, region: accountRegion(region, account), account, nowMs: clock.nowMs(), maySee }, read)
}

function send(response: ServerResponse, protocol: Protocol, requestId: string, operation: string, outcome: Output | MonitoringError): void {
  const error = isMonitoringError(outcome) ? outcome : undefined
  const body = isMonitoringError(outcome) ? protocol.encodeError(outcome, requestId) : protocol.encode(operation, outcome, requestId)
  const bytes = Buffer.from(body)
  response.writeHead(error?.status ?? 200, {
    'x-amzn-RequestId': requestId,
    'Content-Type': protocol.contentType,
    'Content-Length': bytes.length,
    ...protocol.headers(error),
  })
  response.end(bytes)
}
