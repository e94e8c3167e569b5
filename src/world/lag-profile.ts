import type { Random } from '../base/random.ts'
import { fraction, normal } from '../base/random.ts'
import { distanceKm } from './aws-regions.ts'

/** How long a message takes from one Region to another, milliseconds; drawn anew for each. */
export type LagProfile = (from: string, to: string, random: Random, lane: Lane) => number

/** What a message belongs to: replication, which takes its time, or the journal of a strong table, for which somebody waits. */
export type Lane = 'changes' | 'journal'

export type LagProfileName = 'instant' | 'aws' | 'lesson'

export const lagProfiles: Readonly<Record<LagProfileName, LagProfile>> = {
  /** No delay but the turn of the event loop. */
  instant: () => 0,

  /**
   * Half the round trip between the two Regions, and what replication adds: a median of half a second and a long tail, since AWS
   * says "typically within a second" and gives 0.5 to 2.5 s as common. The shape of the tail is a guess.
   */
  aws: (from, to, random, lane) =>
    roundTripMs(from, to) / 2 +
    (lane === 'journal' ? 0 : Math.min(replicationMsMax, replicationMsMedian * Math.exp(spread * normal(random)))),

  /** One to three seconds, as the lesson tells it of replication. */
  lesson: (from, to, random, lane) => (lane === 'journal' ? roundTripMs(from, to) / 2 : 1000 + 2000 * fraction(random)),
}

/**
 * Round trip between two Regions. Light in fibre takes 1 ms for 100 km there and back, and cables are longer than great circles: a factor
 * of 1.5 comes within a fifth of the published figures (us-east-1 to us-west-2: 55 to 65 ms, to eu-west-1: 65 to 75 ms).
 */
export function roundTripMs(a: string, b: string): number {
  return 2 + (distanceKm(a, b) / 100) * cableFactor
}

const cableFactor = 1.5
const replicationMsMedian = 450
const replicationMsMax = 5000
const spread = 0.35
