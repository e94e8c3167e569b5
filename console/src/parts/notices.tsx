import { dismiss, notices } from '../state/notices.ts'

/** The corner where it is told what happened; a live region, so it is read out too. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, tone, text, href }) => (
        <div key={id} class={`notice ${tone}`}>
          <span>{text}</span>
          {href !== undefined && (
            <a href={href} onClick={() => dismiss(id)}>
              Look
            </a>
          )}
          <button type="button" class="ghost small-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  )
}
