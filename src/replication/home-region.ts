import { regionOf } from '../base/account-region.ts'
import { attributeOf } from '../item/attribute-value.ts'
import { decodeItemKey } from '../item/item-key.ts'
import type { KeySchema } from '../item/key-schema.ts'
import type { Homes, Policy } from './policy.ts'
import { highestOf, shownAs } from './policy.ts'

/**
 * `home-region`: shows the highest version among those that were written in their own home, and when there is none the highest of all [REP-12].
 * An attribute of the item names its home, or the beginning of its partition key. A tombstone has the home of what it deleted.
 */
export interface HomeRegionSettings {
  /** The attribute that names the home; undefined: the partition key begins with it. */
  readonly attribute: string | undefined
  readonly refuse: boolean
  /** Homes that are lost, and the Regions that are home in their place. */
  readonly moved: ReadonlyMap<string, string>
}

/** @param schema of the table, whose keys tell the home */
export function homeRegion(text: string, settings: HomeRegionSettings, schema: KeySchema): Policy {
  const homes = homesBy(settings, schema)
  return {
    name: 'home-region',
    text,
    homes,
    show(siblings) {
      const atHome = siblings.filter(
        ({ region, itemKey, stored, notes }) =>
          homes.homeOf(itemKey, stored, stored === undefined ? notes.home : undefined) === regionOf(region),
      )
      return shownAs(highestOf(atHome.length > 0 ? atHome : siblings))
    },
  }
}

function homesBy({ attribute, refuse, moved }: HomeRegionSettings, schema: KeySchema): Homes {
  const now = (home: string | undefined): string | undefined => (home === undefined ? undefined : (moved.get(home) ?? home))
  if (attribute === undefined) {
    const homeInKey = (itemKey: Uint8Array): string | undefined => {
      const partition = attributeOf(decodeItemKey(schema, itemKey), schema.partition.name)
      return partition !== undefined && 'S' in partition ? regionBefore.exec(partition.S)?.[1] : undefined
    }
    return { refuse, homeOf: (itemKey) => now(homeInKey(itemKey)), keptBy: () => undefined }
  }
  return {
    refuse,
    homeOf(_itemKey, stored, kept) {
      if (stored === undefined) return kept?.attribute === attribute ? now(kept.region) : undefined
      const named = attributeOf(stored.item, attribute)
      return named !== undefined && 'S' in named ? now(named.S) : undefined
    },
    keptBy(deleted) {
      const named = attributeOf(deleted.item, attribute)
      return named !== undefined && 'S' in named ? { attribute, region: named.S } : undefined
    },
  }
}

/** A Region's name, as `eu-west-1` in `eu-west-1#ann`: whatever follows is no letter and no digit. */
const regionBefore = /^([a-z]{2,}(?:-[a-z]+)+-\d{1,2})(?![A-Za-z0-9])/
