/**
 * Which Region a request means when its credential does not say: the host name does, as in `eu-west-1.localhost:8000`,
 * `dynamodb.eu-west-1.localhost` and `dynamodb.eu-west-1.amazonaws.com`, for streams also
 * `streams.dynamodb.eu-west-1.amazonaws.com`.
 */
const hostPattern =
  /^(?:(?:streams\.)?dynamodb\.)?([a-z]{2,}(?:-[a-z]+)+-\d+)\.(?:localhost|amazonaws\.com(?:\.cn)?|api\.aws)\.?(?::\d+)?$/i

export function regionOfHost(host: string | undefined): string | undefined {
  return host === undefined ? undefined : hostPattern.exec(host)?.[1]?.toLowerCase()
}

/** Looks like the name of an AWS Region; whether there is such a Region is for the world to say. */
export function isRegionName(text: string): boolean {
  return /^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(text) && text.length <= 32
}
