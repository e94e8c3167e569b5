import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import type { SchedulesReply, StartedScheduleReply } from '../../../../src/admin/wire.ts'
import { plural } from '../../format.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { get, post, remove } from '../../server/admin.ts'
import { tell, tellFailure } from '../../state/notices.ts'
import { faults } from '../../state/server.ts'
import { awakeRegions } from './links.ts'

const schedules = signal<SchedulesReply['schedules']>([])

export async function lookAtSchedules(): Promise<void> {
  const found = await get<SchedulesReply>('schedules')
  schedules.value = found.schedules
}

/** Faults along a timeline: those that run, and new ones. */
export function Timelines() {
  const [isWriting, setWriting] = useState(false)
  // A fault that came or went may be a step of one.
  const now = faults.value
  useEffect(() => void lookAtSchedules().catch(tellFailure), [now])
  return (
    <section class="card" aria-labelledby="timelines-title">
      <header>
        <h2 id="timelines-title">Timelines</h2>
        <div class="end">
          <button type="button" class="small-button" onClick={() => setWriting(true)}>
            New…
          </button>
        </div>
      </header>
      {schedules.value.length === 0 ? (
        <p class="body quiet small">None runs. A timeline is faults that come one after the other.</p>
      ) : (
        <ul class="faults">
          {schedules.value.map(({ id, remaining, seed }) => (
            <li key={id} class="fault">
              <div>
                <strong>{plural(remaining, 'fault')} to come</strong>
                <span class="quiet small">seed {seed}</span>
              </div>
              <button type="button" class="small-button" onClick={() => void stop(id)}>
                Stop
              </button>
            </li>
          ))}
        </ul>
      )}
      {isWriting && <NewTimeline onClose={() => setWriting(false)} />}
    </section>
  )
}

async function stop(id: string): Promise<void> {
  try {
    await remove(`schedules/${encodeURIComponent(id)}`)
    await lookAtSchedules()
  } catch (error) {
    tellFailure(error)
  }
}

function NewTimeline({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState(exampleFor(awakeRegions.value))
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const start = async (): Promise<void> => {
    try {
      const { timeline } = await post<StartedScheduleReply>('schedules', JSON.parse(text) as unknown)
      tell(`A timeline of ${plural(timeline.length, 'fault')} began.`, 'warn')
      onClose()
      await lookAtSchedules()
    } catch (error) {
      setProblem(
        error instanceof SyntaxError ? `This is no JSON: ${error.message}` : error instanceof Error ? error.message : String(error),
      )
    }
  }
  return (
    <Dialog title="New timeline" onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void start()
        }}
      >
        <p class="quiet">
          Each step has a <code>fault</code>; <code>at</code> and <code>for</code> say when and how long; <code>every</code> with{' '}
          <code>times</code> repeats it, and <code>jitter</code> moves each time a little, drawn by <code>seed</code>.
        </p>
        <label class="field">
          <span>Timeline</span>
          <textarea
            rows={16}
            spellcheck={false}
            autofocus
            value={text}
            aria-invalid={problem !== undefined}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {problem !== undefined && (
          <p class="error-text" role="alert">
            {problem}
          </p>
        )}
        <div class="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button class="primary">Start</button>
        </div>
      </form>
    </Dialog>
  )
}

function exampleFor([a = 'us-east-1', b = 'eu-west-1']: readonly string[]): string {
  const example = {
    seed: 1,
    steps: [
      { at: '0s', for: '20s', fault: { kind: 'partition', between: [a, b] } },
      { at: '30s', every: '10s', times: 3, jitter: '2s', for: '4s', fault: { kind: 'pause', region: b } },
      { at: '70s', for: '10s', fault: { kind: 'skew', region: a, ms: 5000 } },
    ],
  }
  return JSON.stringify(example, null, 2)
}
