/** `PT1M30S`, as FIS takes durations (ISO 8601, without years and months); in milliseconds, or undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text)
  if (parts === null || text === 'P' || text.endsWith('T')) return undefined
  const [days, hours, minutes, seconds] = parts.slice(1).map((digits: string | undefined) => Number(digits ?? 0))
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000
}
