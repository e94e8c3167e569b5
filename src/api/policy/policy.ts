import type { ConditionValues } from './condition-keys.ts'
import type { Condition } from './conditions.ts'
import { hold } from './conditions.ts'
import type { Pattern } from './wildcard.ts'
import { matches } from './wildcard.ts'

/** A resource-based policy, understood. */
export interface Policy {
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  readonly principals: Listed<string>
  /** In lower case, with `dynamodb:`. */
  readonly actions: Listed<Pattern>
  readonly resources: Listed<Pattern>
  readonly conditions: readonly Condition[]
}

/** What is listed, or with `Not…` everything else. */
export interface Listed<T> {
  readonly not: boolean
  readonly list: readonly T[]
}

/** One action on one resource. */
export interface Question {
  readonly account: string
  readonly callerArn: string
  /** Without `dynamodb:`. */
  readonly action: string
  readonly resourceArn: string
  readonly values: ConditionValues
}

/** `delegate`: it is allowed to the account, whose own policies say who of it may; in the account of the resource they have to anyway. */
export type PolicyVerdict = 'deny' | 'allow' | 'delegate' | 'silent'

/** A deny anywhere decides, then an allow anywhere (IAM user guide, "Policy evaluation logic"). */
export function judge(policy: Policy, question: Question): PolicyVerdict {
  let verdict: PolicyVerdict = 'silent'
  for (const statement of policy.statements) {
    const principal = principalMatch(statement, question)
    if (principal === undefined || (statement.effect === 'Allow' && verdict === 'allow')) continue
    if (!applies(statement, question)) continue
    if (statement.effect === 'Deny') return 'deny'
    verdict = principal === 'account' ? 'delegate' : 'allow'
  }
  return verdict
}

function applies({ effect, actions, resources, conditions }: Statement, { action, resourceArn, values }: Question): boolean {
  const lookup = (key: string): string | undefined => {
    const found = values(key.toLowerCase())
    return found?.length === 1 ? found[0] : undefined
  }
  const named = `dynamodb:${action.toLowerCase()}`
  return (
    actions.list.some((pattern) => matches(pattern, named, lookup)) !== actions.not &&
    resources.list.some((pattern) => matches(pattern, resourceArn, lookup)) !== resources.not &&
    hold(conditions, values, effect === 'Deny')
  )
}

function principalMatch({ principals }: Statement, { account, callerArn }: Question): 'account' | 'caller' | undefined {
  const direct = principals.list.some((principal) => principal === '*' || principal === callerArn)
  const byAccount = principals.list.includes(`arn:aws:iam::${account}:root`)
  if (principals.not) return direct || byAccount ? undefined : 'caller'
  return direct ? 'caller' : byAccount ? 'account' : undefined
}
