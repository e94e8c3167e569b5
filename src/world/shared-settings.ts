import { StoreClosed } from '../storage/store.ts'
import { localSettings } from './local-settings.ts'
import { localTags } from './policy-tag.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'

/** Brings the Regions that run to the settings and the policy that are recorded; again, when these change meanwhile. */
export async function shareSettings(regions: Regions, registry: Registry, globalId: string): Promise<void> {
  let followed: unknown
  for (let global = registry.get(globalId); global !== undefined && global !== followed; global = registry.get(globalId)) {
    const { name, replicas } = global
    for (const { region } of replicas) {
      const engine = regions.running(region)?.engine
      if (engine?.table(name)?.globalId !== globalId) continue
      try {
        // What is recorded now, however late it is followed.
        await engine.changeTable(name, ({ settings, tags }) => {
          const now = registry.get(globalId)
          return { settings: now === undefined ? settings : localSettings(now, region, settings), tags: localTags(now, tags) }
        })
      } catch (error) {
        if (!(error instanceof StoreClosed)) throw error
        // It crashed: it gets them when it recovers.
      }
    }
    followed = global
  }
}
