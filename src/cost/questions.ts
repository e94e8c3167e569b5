/** What a command asks for when no file says it: each question with its default and what an answer may be. */
export interface Question {
  readonly name: string
  readonly text: string
  /** Taken when the answer is empty. */
  readonly fallback: string
  /** The value, or what is wrong with the answer. */
  read(this: void, answer: string): { readonly value: unknown } | { readonly problem: string }
}

export function number(name: string, text: string, fallback: string, least: number, most: number): Question {
  return {
    name,
    text,
    fallback,
    read(answer) {
      const value = Number(answer.replaceAll(',', ''))
      return Number.isFinite(value) && value >= least && value <= most ? { value } : { problem: `a number from ${least} to ${most}` }
    },
  }
}

export function choice(name: string, text: string, allowed: readonly [string, ...string[]]): Question {
  return {
    name,
    text: `${text} (${allowed.join(', ')})`,
    fallback: allowed[0],
    read: (answer) => (allowed.includes(answer) ? { value: answer } : { problem: `one of ${allowed.join(', ')}` }),
  }
}

export function yesOrNo(name: string, text: string, fallback: 'yes' | 'no'): Question {
  return {
    name,
    text: `${text} (yes, no)`,
    fallback,
    read: (answer) => (/^(y|yes|n|no)$/i.test(answer) ? { value: /^y/i.test(answer) } : { problem: 'yes or no' }),
  }
}

export function regionList(name: string, text: string, fallback: string): Question {
  return {
    name,
    text,
    fallback,
    read(answer) {
      const value = [...new Set(answer.split(/[\s,]+/).filter((each) => each !== ''))]
      const wrong = value.find((each) => !/^[a-z]{2}(-gov)?-[a-z]+-\d$/.test(each))
      if (wrong !== undefined || value.length === 0)
        return { problem: `names of Regions, as in us-east-1,eu-west-1${wrong === undefined ? '' : `; not ${wrong}`}` }
      return { value }
    },
  }
}

export type Answers = Readonly<Record<string, unknown>>
