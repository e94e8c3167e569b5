import type { EventData, EventName } from '../../../src/admin/wire.ts'
import { Refused, Unreachable, fetchAdmin } from './admin.ts'

/** One event of the server, as `/_everywrite/events` sends it. */
export type ServerEvent = { readonly [Name in EventName]: { readonly name: Name; readonly data: EventData[Name] } }[EventName]

/**
 * Reads server-sent events until the stream ends or is aborted; rejects when it cannot be opened. `EventSource` could not send the token.
 * @param opened is called when the server answers, before the first event
 */
export async function readEvents(
  path: string,
  signal: AbortSignal,
  opened: () => void,
  received: (event: ServerEvent) => void,
): Promise<void> {
  const response = await fetchAdmin(path, { signal })
  if (!response.ok || response.body === null) throw new Refused(response.status, `The server answered with status ${response.status}.`)
  opened()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      if (signal.aborted) return { done: true, value: undefined }
      throw new Unreachable('The server went away.', { cause: error })
    })
    if (done) return
    const frames = (unread + (value ?? '')).split('\n\n')
    unread = frames.pop() ?? ''
    for (const frame of frames) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(frame) ?? []
      // Lines that begin with a colon are heartbeats.
      if (name !== undefined && data !== undefined) received({ name, data: JSON.parse(data) as unknown } as ServerEvent)
    }
  }
}
