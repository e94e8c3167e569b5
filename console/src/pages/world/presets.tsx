import type { StartedScheduleReply } from '../../../../src/admin/wire.ts'
import { plural } from '../../format.ts'
import { post } from '../../server/admin.ts'
import { tell, tellFailure } from '../../state/notices.ts'
import { awakeRegions } from './links.ts'
import type { Preset } from './presets.ts'
import { presetsFor } from './presets.ts'
import { selection } from './selection.ts'
import { lookAtSchedules } from './timelines.tsx'

/** Something going wrong, with one click. */
export function Presets() {
  const presets = presetsFor(awakeRegions.value, selection.value)
  return (
    <section class="card" aria-labelledby="presets-title">
      <header>
        <h2 id="presets-title">Presets</h2>
      </header>
      {presets.length === 0 ? (
        <p class="body quiet small">They need two Regions that are awake.</p>
      ) : (
        <ul class="presets">
          {presets.map((preset) => (
            <li key={preset.id}>
              <button type="button" class="preset" data-preset={preset.id} onClick={() => void start(preset)}>
                <strong>{preset.title}</strong>
                <span>{preset.about}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

async function start({ title, make }: Preset): Promise<void> {
  const made = make()
  try {
    if ('steps' in made) {
      const { timeline } = await post<StartedScheduleReply>('schedules', made)
      tell(`${title}: ${plural(timeline.length, 'fault')} to come.`, 'warn')
      await lookAtSchedules()
    } else {
      for (const fault of made) await post('faults', fault)
      tell(`${title}.`, 'warn')
    }
  } catch (error) {
    tellFailure(error)
  }
}
