import type { Actor } from './actor.ts'
import { crash } from './actors/crash.ts'
import { crashAtCall } from './actors/crash-at-call.ts'
import { indexes } from './actors/indexes.ts'
import { itemClients } from './actors/item-clients.ts'
import { latency } from './actors/latency.ts'
import { mergedClients } from './actors/merged-clients.ts'
import { membership } from './actors/membership.ts'
import { outage } from './actors/outage.ts'
import { partition } from './actors/partition.ts'
import { pause } from './actors/pause.ts'
import { policies } from './actors/policies.ts'
import { resolutions } from './actors/resolutions.ts'
import { restarts } from './actors/restarts.ts'
import { skew } from './actors/skew.ts'
import { streamReaders } from './actors/stream-readers.ts'
import { transactions } from './actors/transactions.ts'

/** Everybody who may take part in a run, by the name that plans know them by. Each has its own dice: a new one changes nothing for the others. */
export const actors: Readonly<Record<string, Actor>> = {
  'item-clients': itemClients,
  'merged-clients': mergedClients,
  transactions,
  'stream-readers': streamReaders,
  partition,
  pause,
  latency,
  skew,
  outage,
  crash,
  'crash-at-call': crashAtCall,
  restarts,
  membership,
  indexes,
  policies,
  resolutions,
}
