import { pagesOf } from '../storage/pages.ts'
import type { Key, Store } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'

/**
 * Small things that must outlive the process and belong to no Region, as JSON in the world's own store, by kind and name. All of them are in memory, so
 * whoever keeps some bounds their number.
 */
export class Documents {
  readonly #store: Store
  readonly #jsonByName = new Map<string, string>()

  private constructor(store: Store) {
    this.#store = store
  }

  /** @param store the world's; it stays the caller's */
  static async open(store: Store): Promise<Documents> {
    const documents = new Documents(store)
    const range = { from: prefix, to: afterPrefix(prefix) }
    for await (const page of pagesOf(store, range, { entriesMax: 500, bytesMax: 4 << 20 })) {
      for (const { key, value } of page) documents.#jsonByName.set(textOf(key.subarray(prefix.length)), textOf(value))
    }
    return documents
  }

  /** What was kept of a kind, in the order of the names. What is in it is for whoever kept it to say. */
  all(kind: string): readonly { readonly name: string; readonly document: unknown }[] {
    const begin = `${kind}/`
    return [...this.#jsonByName]
      .filter(([name]) => name.startsWith(begin))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, json]) => ({ name: name.slice(begin.length), document: JSON.parse(json) as unknown }))
  }

  /** Settles when it is durable; undefined removes it. Of several calls the last one counts. */
  async keep(kind: string, name: string, document: unknown): Promise<void> {
    const full = `${kind}/${name}`
    const json = document === undefined ? undefined : JSON.stringify(document)
    if (json === undefined) this.#jsonByName.delete(full)
    else this.#jsonByName.set(full, json)
    const key: Key = Buffer.concat([prefix, Buffer.from(full, 'utf8')])
    const value = json === undefined ? undefined : Buffer.from(json, 'utf8')
    await this.#store.transact([], () => ({ writes: [{ key, value }], result: undefined }))
  }
}

const prefix: Uint8Array = Uint8Array.of(0x03)

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}
