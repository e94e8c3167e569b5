import { createHash } from 'node:crypto'
import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'
import type { CustomFunction, CustomFunctions } from '../replication/custom-function.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Store } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'
import { createSandbox, sandboxEngine } from './sandbox.ts'

/**
 * The functions that the policy `custom` may name, in the world's own store. Each is called by a digest of its source: what a table's policy means never changes,
 * a changed function is another policy, and all Regions change to it in one epoch [REP-13]. The engine that runs them is loaded with the first of them.
 */
export class FunctionRegistry implements CustomFunctions {
  readonly engine = sandboxEngine
  readonly #store: Store
  readonly #functionByName = new Map<string, CustomFunction>()

  private constructor(store: Store) {
    this.#store = store
  }

  /** @param store the world's; it stays the caller's */
  static async open(store: Store): Promise<FunctionRegistry> {
    const registry = new FunctionRegistry(store)
    const range = { from: prefix, to: afterPrefix(prefix) }
    for await (const page of pagesOf(store, range, { entriesMax: 100, bytesMax: 8 << 20 })) {
      for (const { key, value } of page) await registry.#add(Buffer.from(key.subarray(prefix.length)).toString('utf8'), textOf(value))
    }
    return registry
  }

  readonly find = (name: string): CustomFunction | undefined => this.#functionByName.get(name)

  names(): readonly string[] {
    return [...this.#functionByName.keys()].sort()
  }

  /** Returns what the function is called. Registering one again changes nothing. */
  async register(source: string): Promise<string | Refusal> {
    if (Buffer.byteLength(source, 'utf8') > sourceBytesMax)
      return refuse('invalid', `A function has at most ${sourceBytesMax} bytes of source.`)
    const name = functionName(source)
    if (this.#functionByName.has(name)) return name
    if (this.#functionByName.size >= functionsMax) return refuse('limit-exceeded', `At most ${functionsMax} functions can be registered.`)
    const sandbox = await createSandbox()
    const problem = sandbox.problemOf(source)
    if (problem !== undefined) return refuse('invalid', `The source is no function expression: ${problem}`)
    await this.#store.transact([], () => ({ writes: [{ key: keyOf(name), value: Buffer.from(source, 'utf8') }], result: undefined }))
    await this.#add(name, source)
    return name
  }

  /** Nothing may name it: see `function-removal.ts`. */
  async remove(name: string): Promise<void> {
    await this.#store.transact([], () => ({ writes: [{ key: keyOf(name), value: undefined }], result: undefined }))
    this.#functionByName.delete(name)
  }

  async #add(name: string, source: string): Promise<void> {
    const sandbox = await createSandbox()
    this.#functionByName.set(name, (input) => sandbox.run(source, input))
  }
}

/** What a function of this source is called. */
export function functionName(source: string): string {
  return createHash('sha256').update(source).digest('hex').slice(0, 32)
}

const prefix: Uint8Array = Uint8Array.of(0x02)
export const sourceBytesMax = 64 * 1024
/** They are kept in memory. None goes by itself: a table's policy may name it again. */
const functionsMax = 1000

function keyOf(name: string): Uint8Array {
  return Buffer.concat([prefix, Buffer.from(name, 'utf8')])
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8')
}
