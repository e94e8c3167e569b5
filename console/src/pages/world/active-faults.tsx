import { countdown, ago } from '../../format.ts'
import { heal, healAll, titleOf } from '../../state/faults.ts'
import { now } from '../../state/now.ts'
import { faults } from '../../state/server.ts'

/** What is broken now, how long still, and a button for each that mends it. */
export function ActiveFaults() {
  const all = faults.value
  return (
    <section class="card" aria-labelledby="faults-title">
      <header>
        <h2 id="faults-title">Active faults</h2>
        {all.length > 0 && <span class="tag bad">{all.length}</span>}
        <div class="end">
          {all.length > 1 && (
            <button type="button" class="small-button" onClick={() => void healAll()}>
              Heal all
            </button>
          )}
        </div>
      </header>
      {all.length === 0 ? (
        <p class="body quiet small">Nothing is broken.</p>
      ) : (
        <ul class="faults">
          {all.map((fault) => {
            const sinceMs = Date.parse(fault.since)
            const leftMs = fault.durationMs === undefined ? undefined : sinceMs + fault.durationMs - now.value
            return (
              <li key={fault.id} class="fault" data-kind={fault.kind}>
                <div>
                  <strong>{titleOf(fault)}</strong>
                  <span class="quiet small">
                    {leftMs === undefined ? `since ${ago(now.value - sinceMs)}` : `heals in ${countdown(leftMs)}`}
                  </span>
                  {leftMs !== undefined && fault.durationMs !== undefined && (
                    <progress max={fault.durationMs} value={Math.max(0, leftMs)} aria-label={`Time left of: ${titleOf(fault)}`} />
                  )}
                </div>
                <button type="button" class="small-button" aria-label={`Heal: ${titleOf(fault)}`} onClick={() => void heal(fault)}>
                  Heal
                </button>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}
