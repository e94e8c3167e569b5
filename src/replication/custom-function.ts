/**
 * The port behind which the functions of the policy `custom` run. Each is a pure JavaScript function, in a sandbox without clock, dice, locale or
 * anything outside, limited by instructions and memory and never by time: all Regions must come to the same, on slow machines too [REP-13].
 */
export interface CustomFunctions {
  /** Which engine runs them, and which version of it: what a function makes depends on it. */
  readonly engine: string
  /** Undefined: no function of that name was registered. A name is made of its source, so it means the same for ever. */
  readonly find: (name: string) => CustomFunction | undefined
}

/** Runs the function over JSON, and says what it returned as JSON. The same input gives the same outcome. */
export type CustomFunction = (input: string) => CustomOutcome

export type CustomOutcome =
  | { readonly kind: 'returned'; readonly json: string }
  /** It threw, passed a limit, returned nothing that is JSON, or something else when it ran again. */
  | { readonly kind: 'failed'; readonly why: string }

/** Where there are none. */
export const noFunctions: CustomFunctions = { engine: 'none', find: () => undefined }
