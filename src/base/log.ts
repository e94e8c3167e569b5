/** What the program tells its operator. Structured: an event name and fields; the rim decides how it is printed. */
export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, unknown>>

/** A log that keeps nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} }
