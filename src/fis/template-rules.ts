import { parseDuration } from './duration.ts'
import type { KnownAction } from './known-actions.ts'
import { durationMsMax, knownActions, knownResourceTypes } from './known-actions.ts'
import { invalid, notFound } from './refusal.ts'
import type { Action, StopCondition, Target, TemplateInput } from './template-schema.ts'

/** What must hold between the parts of a template. @throws FisRefusal at the first that does not */
export function checkTemplate({ actions, targets = {}, stopConditions, experimentOptions }: TemplateInput): void {
  if (experimentOptions?.accountTargeting === 'multi-account')
    throw invalid('Experiments over several accounts are not there: accountTargeting.')
  const names = Object.keys(actions)
  if (names.length === 0) throw invalid('An experiment template must have at least one action.')
  if (names.length > actionsMax) throw invalid(`An experiment template has at most ${actionsMax} actions.`)
  if (stopConditions.length > stopConditionsMax) throw invalid(`An experiment template has at most ${stopConditionsMax} stop conditions.`)
  for (const [name, target] of Object.entries(targets)) checkTarget(name, target)
  for (const [name, action] of Object.entries(actions)) checkAction(name, action, names, targets)
  for (const name of names) if (comesAfterItself(name, actions)) throw invalid(`Action ${name} starts after itself.`)
  for (const condition of stopConditions) checkStopCondition(condition)
}

/** Quotas of a new account (AWS FIS user guide, quotas). */
const actionsMax = 20
const stopConditionsMax = 5

function checkTarget(name: string, { resourceType, resourceArns = [], resourceTags = {}, selectionMode }: Target): void {
  if (!Object.hasOwn(knownResourceTypes, resourceType)) throw notFound('Target resource type', resourceType)
  const [hasArns, hasTags] = [resourceArns.length > 0, Object.keys(resourceTags).length > 0]
  // Seen in a failed deployment, 2021.
  if (hasArns && hasTags) throw invalid(`You cannot specify both resource ARNs and resource tags for target ${name}.`)
  if (!hasArns && !hasTags) throw invalid(`You must specify resource ARNs or resource tags for target ${name}.`)
  if (parseSelection(selectionMode) === undefined) throw invalid(`Invalid selectionMode ${selectionMode} for target ${name}.`)
}

export type Selection = { readonly mode: 'ALL' } | { readonly mode: 'COUNT' | 'PERCENT'; readonly n: number }

/** `ALL`, `COUNT(n)`, `PERCENT(n)`. */
export function parseSelection(text: string): Selection | undefined {
  if (text === 'ALL') return { mode: 'ALL' }
  const [, mode, digits] = /^(COUNT|PERCENT)\((\d{1,9})\)$/.exec(text) ?? []
  const n = Number(digits)
  if (mode === undefined || n < 1 || (mode === 'PERCENT' && n > 100)) return undefined
  return { mode: mode as 'COUNT' | 'PERCENT', n }
}

function checkAction(name: string, action: Action, names: readonly string[], targets: Readonly<Record<string, Target>>): void {
  const known = Object.hasOwn(knownActions, action.actionId) ? knownActions[action.actionId] : undefined
  if (known === undefined) throw notFound('Action', action.actionId)
  checkParameters(name, action.parameters ?? {}, known)
  const given = action.targets ?? {}
  for (const [role, targetName] of Object.entries(given)) {
    // Seen in a failed deployment, 2022.
    if (!Object.hasOwn(known.targets, role)) throw invalid(`Unexpected target "${role}" found in action ${name}`)
    const target = Object.hasOwn(targets, targetName) ? targets[targetName] : undefined
    if (target === undefined) throw invalid(`Action ${name} names a target ${targetName} that is not defined.`)
    if (target.resourceType !== known.targets[role]?.resourceType) {
      throw invalid(`Target ${targetName} of action ${name} must be of resource type ${known.targets[role]?.resourceType ?? ''}.`)
    }
  }
  const missing = Object.keys(known.targets).find((role) => !Object.hasOwn(given, role))
  if (missing !== undefined) throw invalid(`Action ${name} requires target ${missing}.`)
  const stranger = action.startAfter?.find((other) => !names.includes(other))
  if (stranger !== undefined) throw invalid(`Action ${name} starts after ${stranger}, which is not defined.`)
}

function checkParameters(name: string, given: Readonly<Record<string, string>>, { parameters }: KnownAction): void {
  const stranger = Object.keys(given).find((parameter) => !Object.hasOwn(parameters, parameter))
  if (stranger !== undefined) throw invalid(`Unexpected parameter "${stranger}" found in action ${name}`)
  const missing = Object.entries(parameters).find(([parameter, { required }]) => required && !Object.hasOwn(given, parameter))
  if (missing !== undefined) throw invalid(`Action ${name} requires parameter ${missing[0]}.`)
  const ms = parseDuration(given['duration'] ?? '')
  if (ms === undefined || ms <= 0 || ms > durationMsMax) {
    throw invalid(`Parameter duration of action ${name} must be an ISO 8601 duration up to PT12H, not ${given['duration'] ?? ''}.`)
  }
}

function comesAfterItself(name: string, actions: Readonly<Record<string, Action>>): boolean {
  const seen = new Set<string>()
  const waiting = [...(actions[name]?.startAfter ?? [])]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === name) return true
    if (seen.has(next)) continue
    seen.add(next)
    waiting.push(...(actions[next]?.startAfter ?? []))
  }
  return false
}

/** Alarms are kept and described; CloudWatch has none here, so none goes off. */
function checkStopCondition({ source, value }: StopCondition): void {
  if (source === 'none') {
    if (value !== undefined) throw invalid('A stop condition with source none has no value.')
  } else if (source === 'aws:cloudwatch:alarm') {
    if (value === undefined || !/^arn:[\w-]+:cloudwatch:[\w-]+:\d{12}:alarm:.+$/.test(value)) {
      throw invalid('A stop condition with source aws:cloudwatch:alarm needs the ARN of an alarm as its value.')
    }
  } else throw invalid(`Stop condition source must be none or aws:cloudwatch:alarm, not ${source}.`)
}
