import type { Key } from '../storage/store.ts'
import { nameOf } from './read-set.ts'

/** The items that transactions under way are changing, and their tokens. Between their arrival and their flush others may not write them. */
export class Intents {
  readonly #names = new Set<string>()

  holds(key: Key): boolean {
    return this.#names.size > 0 && this.#names.has(nameOf(key))
  }

  add(keys: readonly Key[]): void {
    for (const key of keys) this.#names.add(nameOf(key))
  }

  remove(keys: readonly Key[]): void {
    for (const key of keys) this.#names.delete(nameOf(key))
  }
}
