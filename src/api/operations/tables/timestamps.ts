/** The wire's timestamps: seconds since 1970, milliseconds behind the point. */
export function seconds(ms: number): number {
  return ms / 1000
}

export function optionalSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : seconds(ms)
}
