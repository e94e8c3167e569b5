/** A token says how much came before. */
export function tokenFor(place: number): string {
  return Buffer.from(String(place)).toString('base64')
}

/** Undefined: it is no token of at most so many digits. */
export function placeIn(token: string, digitsMax: number): number | undefined {
  const text = Buffer.from(token, 'base64').toString('latin1')
  return /^\d+$/.test(text) && text.length <= digitsMax ? Number(text) : undefined
}
