import { sleep } from '../base/scheduler.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Scene } from './actor.ts'
import { actors } from './actors.ts'
import type { Lane } from './plan.ts'

/** Carries out what is planned for one phase: all lanes at once, the steps of each one after the other. */
export async function runLanes(when: Lane['when'], scene: Omit<Scene, 'lane'>): Promise<void> {
  const { plan, history } = scene
  const sinceMs = history.nowMs
  await Promise.all(plan.lanes.filter((lane) => lane.when === when).map((lane) => runLane(lane, { ...scene, lane: lane.name }, sinceMs)))
}

async function runLane({ actor: name, steps }: Lane, scene: Scene, sinceMs: number): Promise<void> {
  const actor = actors[name]
  if (actor === undefined) throw new Error(`a plan with an unknown actor, ${name}`)
  const { plan, lab, history, coverage } = scene
  for (const { atMs, what } of steps) {
    await sleep(lab.time, Math.max(0, sinceMs + atMs - history.nowMs))
    // Steps before it took so long that the storm is over.
    if (history.nowMs - sinceMs > plan.setting.untilMs) return
    try {
      await lab.alive(() => actor.act(what, scene))
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      coverage.add('steps that a crash interrupted')
      history.note(`${name} ${scene.lane}: a crash came in between`)
    }
  }
}
