import { createInterface } from 'node:readline'
import type { Answers, Question } from '../cost/questions.ts'
import { UsageError } from './command.ts'

/** Asks on stderr and reads answers from stdin, so that what comes out stays clean. An empty line takes the default; a wrong answer is asked again. */
export async function interview(questions: readonly Question[]): Promise<Answers> {
  const answers: Record<string, unknown> = {}
  // Read as lines, not question by question: what is piped in comes all at once.
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  for (const question of questions) answers[question.name] = await ask(question, lines)
  await lines.return?.()
  process.stdin.destroy()
  return answers
}

async function ask({ text, fallback, read }: Question, lines: AsyncIterator<string>): Promise<unknown> {
  for (;;) {
    process.stderr.write(`${text} [${fallback}] `)
    const line = await lines.next()
    if (line.done === true) throw new UsageError('The answers ended before the questions did')
    const answer = read(line.value.trim() === '' ? fallback : line.value.trim())
    if ('value' in answer) return answer.value
    process.stderr.write(`That must be ${answer.problem}.\n`)
  }
}
