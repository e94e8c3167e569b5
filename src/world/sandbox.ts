import type { CustomizeVariantOptions, QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core'
import type { CustomOutcome } from '../replication/custom-function.ts'

/**
 * Runs functions of users in QuickJS, compiled to WebAssembly: they see their input and the language, and nothing else. No clock, no dice, nothing that
 * depends on when memory is collected. How far they get is limited by counts, so it is the same on a slow machine: steps, allocations, depth [REP-13].
 *
 * Each run has a runtime of its own and is made twice; different outcomes are a failure.
 */
export interface Sandbox {
  /** Why the source is no function; undefined: it is one. */
  readonly problemOf: (source: string) => string | undefined
  readonly run: (source: string, input: string) => CustomOutcome
}

/** What decides, beside the source, what a function makes. */
export const sandboxEngine = 'quickjs-emscripten-0.32.0'

/** Node has it, and its types do not. */
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (pages: Pages) => object } }).WebAssembly

interface Pages {
  readonly initial: number
  readonly maximum: number
}

let loading: Promise<Sandbox> | undefined

/** Loads the engine when it is asked for first, which takes some 20 ms. */
export function createSandbox(): Promise<Sandbox> {
  loading ??= load()
  return loading
}

async function load(): Promise<Sandbox> {
  let module = await loadModule()
  let replacing: Promise<void> | undefined
  /** A run that the engine did not survive, such as an overflow deep inside of it, may have left something behind: another instance takes its place. */
  const replace = (): void => {
    replacing ??= loadModule().then((fresh) => {
      module = fresh
      replacing = undefined
    })
  }
  const evaluate = (source: string, input: string): CustomOutcome => {
    const { outcome, survived } = evaluateIn(module, source, input)
    if (!survived) replace()
    return outcome
  }
  return {
    problemOf(source) {
      const outcome = evaluate(`() => typeof (${source}\n)`, 'null')
      if (outcome.kind === 'failed') return outcome.why
      return outcome.json === '"function"' ? undefined : `it is ${outcome.json}`
    },
    run(source, input) {
      const [once, again] = [evaluate(source, input), evaluate(source, input)]
      if (JSON.stringify(once) !== JSON.stringify(again)) return { kind: 'failed', why: 'the function did not return the same twice' }
      return once
    },
  }
}

async function loadModule(): Promise<QuickJSWASMModule> {
  const { newQuickJSWASMModuleFromVariant, newVariant } = await import('quickjs-emscripten-core')
  // Its types are those of its CommonJS form.
  const variant = (await import('@jitl/quickjs-wasmfile-release-sync')).default as unknown as QuickJSSyncVariant
  // What it would print when it gives up is in the failure that it throws.
  const options = { wasmMemory: new Memory(memoryPages), emscriptenModule: { printErr: () => undefined } } as CustomizeVariantOptions
  return newQuickJSWASMModuleFromVariant(newVariant<QuickJSSyncVariant>(variant, options))
}

function evaluateIn(module: QuickJSWASMModule, source: string, input: string): { outcome: CustomOutcome; survived: boolean } {
  let outcome: CustomOutcome | undefined
  try {
    const runtime = module.newRuntime()
    runtime.setMemoryLimit(allocationsMax * bytesCountedPerAllocation)
    runtime.setMaxStackSize(stackBytesMax)
    let checks = 0
    runtime.setInterruptHandler(() => ++checks > stepsMax / stepsPerCheck)
    const context = runtime.newContext({ intrinsics })
    const text = context.newString(input)
    context.setProp(context.global, inputName, text)
    text.dispose()
    context.unwrapResult(context.evalCode(prelude, 'prelude.js')).dispose()
    const result = context.evalCode(`JSON.stringify((${source}\n)(JSON.parse(${inputName})))`, 'function.js')
    if (result.error === undefined) {
      const json: unknown = context.dump(result.value)
      result.value.dispose()
      outcome = typeof json === 'string' ? { kind: 'returned', json } : { kind: 'failed', why: 'the function returned nothing' }
    } else {
      outcome = { kind: 'failed', why: `the function failed: ${messageOf(context.dump(result.error))}` }
      result.error.dispose()
    }
    context.dispose()
    runtime.dispose()
    return { outcome, survived: true }
  } catch {
    // The engine gave up. What the function had made before is what it made; if it had not, that is what happened.
    return { outcome: outcome ?? { kind: 'failed', why: 'the function failed: the engine gave up' }, survived: false }
  }
}

function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const { name, message } = error as { name?: unknown; message?: unknown }
  return `${String(name)}: ${String(message)}`.slice(0, 200)
}

/** Without dates; promises are there, so that an async function is a function that returns nothing useful. */
const intrinsics = {
  BaseObjects: true,
  Eval: true,
  StringNormalize: true,
  RegExp: true,
  JSON: true,
  Proxy: true,
  MapSet: true,
  TypedArrays: true,
  BigInt: true,
  Promise: true,
  Date: false,
} as const

const inputName = '$input'
const prelude = 'delete Math.random; delete globalThis.WeakRef; delete globalThis.FinalizationRegistry; undefined'

/** The engine asks whether to go on every so many steps: calls, and rounds of loops. */
const stepsPerCheck = 10_000
const stepsMax = 1_000_000
/** Its memory limit counts eight bytes for each block that is held, whatever its size. */
const bytesCountedPerAllocation = 8
const allocationsMax = 1_000_000
const stackBytesMax = 128 * 1024
/** Of 64 KiB. */
const memoryPages = { initial: 256, maximum: 1024 }
