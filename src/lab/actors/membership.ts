import { chance, pick } from '../../base/random.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { actor, drawSteps } from '../actor.ts'
import { tableName } from '../lab-items.ts'

interface ReplicaChange {
  readonly region: string
  /** A replica that is there is to go; otherwise one that is missing is to come. */
  readonly removal: boolean
  /** The table may be left with one replica, which knows nobody. */
  readonly leavesOne: boolean
}

/** Adds and removes replicas, mostly so that two remain. */
export const membership = actor<ReplicaChange>({
  share: 0.5,
  draw(frame) {
    const { random, setting } = frame
    return drawSteps(frame, pick(random, [500, 3000, 10_000]), () => ({
      region: pick(random, setting.regions),
      removal: chance(random, 0.5),
      leavesOne: chance(random, 0.2),
    }))
  },
  async act({ region, removal, leavesOne }, { plan, lab, history, coverage }) {
    const members = lab.world.globalTables()[0]?.replicas.map((replica) => replica.region) ?? []
    if (members.includes(region) && (!removal || members.length <= (leavesOne ? 1 : 2))) return
    const source = members.find((member) => member !== region) ?? plan.setting.regions[0]
    if (source === undefined || source === region) return
    const kind = members.includes(region) ? 'delete' : 'create'
    const change = { kind, region, readUnitsOverride: undefined, tableClassOverride: undefined } as const
    const begun = await lab.world.changeReplica(source, tableName, change)
    history.note(`${kind} replica ${region} at ${source}: ${isRefusal(begun) ? begun.message : 'begun'}`)
    if (isRefusal(begun)) return
    if (kind === 'delete') history.removed.add(region)
    else coverage.add('replicas added under writes')
    if (kind === 'create' && history.removed.has(region)) coverage.add('regions that came back')
  },
})
