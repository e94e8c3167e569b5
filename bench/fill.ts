import { call } from './http-load.ts'

const batch = 25
const lanes = 16

/** Puts `count` items into a table, 25 at a time, 16 batches at once. */
export async function fill(
  port: number,
  table: string,
  count: number,
  make: (index: number) => unknown,
  written: (done: number) => void = () => undefined,
): Promise<void> {
  let done = 0
  const load = async (first: number): Promise<void> => {
    for (let from = first; from < count; from += batch * lanes) {
      const puts = Array.from({ length: Math.min(batch, count - from) }, (_, index) => ({ PutRequest: { Item: make(from + index) } }))
      await call(port, 'BatchWriteItem', { RequestItems: { [table]: puts } })
      done += puts.length
      written(done)
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => load(lane * batch)))
}
