import { integerBelow, pick } from '../../base/random.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { actor, drawSteps } from '../actor.ts'

interface StreamRead {
  readonly region: string
  readonly recordsMax: number
}

/** One application in each Region reads the table's stream, small pages at a time, faster or slower than it is written. */
export const streamReaders = actor<StreamRead>({
  share: 0.6,
  draw(frame) {
    const { random, setting } = frame
    if (!setting.stream) return []
    const gapMs = pick(random, [200, 1000, 5000])
    return setting.regions.flatMap((region) =>
      drawSteps(frame, gapMs, () => ({ region, recordsMax: 1 + integerBelow(random, 20) })).map((lane) => ({ ...lane, name: region })),
    )
  },
  async act({ region, recordsMax }, { lab, history, coverage }) {
    const engine = await lab.world.engine(region)
    if (isRefusal(engine)) return
    coverage.add('stream records read in the storm', await history.consumerIn(region).read(engine, recordsMax))
  },
})
