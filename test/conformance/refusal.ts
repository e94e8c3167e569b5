import { expect } from 'vitest'
import type { Endpoint } from './endpoint.ts'

/** What an error says: its name without the namespace, and its text. */
export interface Refusal {
  readonly name: string
  readonly message: string | undefined
}

/** Sends a request that must be refused, as it is. */
export async function refusalOf(endpoint: Endpoint, operation: string, body: unknown): Promise<Refusal> {
  const answer = await endpoint.raw(operation, body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(400)
  const { __type: type, message, Message } = answer.body
  return { name: String(type).replace(/^.*#/, ''), message: (message ?? Message) as string | undefined }
}

export function validation(message: string): Refusal {
  return { name: 'ValidationException', message }
}

export function serialization(message: string): Refusal {
  return { name: 'SerializationException', message }
}

/** DynamoDB's sentence for what its service model does not allow. Its order among several is its own: they are compared as a set. */
export function violations({ message }: Refusal): readonly string[] {
  const found = /^(\d+) validation errors? detected: (.*)$/s.exec(message ?? '')
  if (found === null) return [message ?? '']
  const sentences = (found[2] ?? '').split('; Value ').map((sentence, at) => (at === 0 ? sentence : `Value ${sentence}`))
  expect(sentences).toHaveLength(Number(found[1]))
  return sentences.toSorted()
}

/** `Value '…' at '…' failed to satisfy constraint: …` */
export function violation(value: string, path: string, constraint: string): string {
  return `Value ${value} at '${path}' failed to satisfy constraint: ${constraint}`
}
