/**
 * Where in a trace something happens, as W3C's Trace Context names it: lower-case hexadecimal digits, 32 of the trace and 16 of the span. It is known only of
 * what is recorded; a request whose trace is not sampled has none.
 */
export interface TraceContext {
  readonly traceId: string
  readonly spanId: string
}
