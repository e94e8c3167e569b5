import type { FaultBody, ScheduleBody } from '../../../../src/admin/wire.ts'
import type { Selection } from './selection.ts'

/** What goes wrong with several Regions, as one thing that one can choose. It is about what is picked on the map, or else about the usual suspects. */
export interface Preset {
  readonly id: string
  readonly title: string
  /** Of the Regions that it would be about. */
  readonly about: string
  readonly make: () => readonly FaultBody[] | ScheduleBody
}

const american = /^(us|ca|mx|sa)-/
const european = /^(eu|af|il|me)-/

/** Those that these Regions allow. */
export function presetsFor(regions: readonly string[], picked: Selection | undefined): readonly Preset[] {
  const here = regions.find((name) => american.test(name)) ?? regions[0]
  const away = regions.filter((name) => name !== here)
  const there = away.find((name) => european.test(name)) ?? away[0]
  if (here === undefined || there === undefined) return []
  const region = picked?.kind === 'region' ? picked.name : there
  const [a, b] = picked?.kind === 'link' ? [picked.from, picked.to] : [here, there]
  const others = regions.filter((name) => name !== region)
  const [west, east] = [regions.filter((name) => american.test(name)), regions.filter((name) => european.test(name))]
  const transatlantic: Preset[] =
    west.length === 0 || east.length === 0
      ? []
      : [
          {
            id: 'transatlantic',
            title: 'Transatlantic partition',
            about: `${west.join(', ')} ⇹ ${east.join(', ')}, one minute`,
            make: () =>
              west.flatMap((one) => east.map((other): FaultBody => ({ kind: 'partition', between: [one, other], durationMs: minute }))),
          },
        ]
  return [
    ...transatlantic,
    {
      id: 'lagging',
      title: 'Lagging Region',
      about: `${region} is 3 s behind, one minute`,
      make: () =>
        others.flatMap((other): FaultBody[] => [
          { kind: 'latency', from: other, to: region, ms: 3000, jitterMs: 500, durationMs: minute },
          { kind: 'latency', from: region, to: other, ms: 3000, jitterMs: 500, durationMs: minute },
        ]),
    },
    {
      id: 'fast-clock',
      title: 'Fast clock',
      about: `${region} is 30 s ahead, one minute`,
      make: () => [{ kind: 'skew', region, ms: 30_000, durationMs: minute }],
    },
    {
      id: 'lost',
      title: 'Region lost',
      about: `${region} is killed, back in 30 s`,
      make: () => [{ kind: 'crash', region, durationMs: 30_000 }],
    },
    {
      id: 'flapping',
      title: 'Flapping link',
      about: `${a} ⇹ ${b}, ten cuts of 2 s`,
      make: () => ({
        steps: [{ every: '5s', times: 10, jitter: '1s', for: '2s', fault: { kind: 'partition', between: [a, b] } }],
      }),
    },
  ]
}

const minute = 60_000
