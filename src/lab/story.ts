import type { CanaryName } from './canaries.ts'
import { canaryNames } from './canaries.ts'
import { actors } from './actors.ts'
import type { Plan } from './plan.ts'
import { runPlan } from './simulation.ts'
import { shrink } from './shrink.ts'
import type { ShrinkOptions } from './shrink.ts'
import type { Violation } from './violation.ts'

/** A plan that failed once, as small as it could be made, kept so that it never fails again. With a canary it must fail, and without be clean. */
export interface Story {
  /** What went wrong then, for people. */
  readonly about: readonly string[]
  readonly canary?: CanaryName
  /** The rule that was broken. */
  readonly rule: Violation['rule']
  readonly plan: Plan
}

/** Makes the story of a plan that fails. */
export async function makeStory(plan: Plan, canary: CanaryName | undefined, options: ShrinkOptions = {}): Promise<Story | undefined> {
  const [first] = (await runPlan(plan, canary)).violations
  if (first === undefined) return undefined
  const fails = async (smaller: Plan): Promise<boolean> =>
    (await runPlan(smaller, canary)).violations.some(({ rule }) => rule === first.rule)
  const smallest = await shrink(plan, fails, options)
  const { violations } = await runPlan(smallest, canary)
  const about = violations.map(({ rule, key, message }) => `${rule}${key === undefined ? '' : ` (${key})`}: ${message.split('\n', 1)[0]}`)
  return { about: about.slice(0, 5), ...(canary !== undefined && { canary }), rule: first.rule, plan: smallest }
}

export function encodeStory(story: Story): string {
  return `${JSON.stringify(story, undefined, 1)}\n`
}

/** Stories are the project's own files: looked at as far as a slip of the pen would go unnoticed. */
export function parseStory(text: string): Story {
  const story = JSON.parse(text) as Story
  if (story.canary !== undefined && !canaryNames.includes(story.canary)) throw new Error(`a story of an unknown canary, ${story.canary}`)
  for (const { actor } of story.plan.lanes) if (!Object.hasOwn(actors, actor)) throw new Error(`a story of an unknown actor, ${actor}`)
  return story
}

/** A name that says what it is about, and is the same for the same story. */
export function storyName({ canary, rule, plan }: Story): string {
  return `${canary ?? rule.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}-${plan.seed}.json`
}
