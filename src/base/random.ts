/** The dice. Seeded in the simulator, the operating system's elsewhere. */
export interface Random {
  /** A whole number, 0 <= n < 2^32. */
  uint32(): number
}

/** A number, 0 <= x < 1. */
export function fraction(random: Random): number {
  return random.uint32() / 0x1_0000_0000
}

/** A whole number, 0 <= n < `below`. */
export function integerBelow(random: Random, below: number): number {
  return Math.floor(fraction(random) * below)
}

/** True with the given probability. */
export function chance(random: Random, probability: number): boolean {
  return fraction(random) < probability
}

/** One element of a list that is not empty. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[integerBelow(random, choices.length)]
  if (choice === undefined) throw new RangeError('pick from an empty list')
  return choice
}

/** A draw from the standard normal distribution (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - fraction(random))) * Math.cos(2 * Math.PI * fraction(random))
}

/** 64 random bits as 16 lower-case hexadecimal digits. */
export function hex64(random: Random): string {
  return hex32(random) + hex32(random)
}

/** A random (version 4) UUID. */
export function uuid(random: Random): string {
  const hex = hex64(random) + hex64(random)
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * A generator that gives the same numbers for the same seed (sfc32, C. Doty-Humphrey's PractRand; 128 bits of state).
 * Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = seed >>> 0
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 16; round++) next()
  return { uint32: next }
}

function hex32(random: Random): string {
  return random.uint32().toString(16).padStart(8, '0')
}
