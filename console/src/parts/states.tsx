import type { ComponentChildren } from 'preact'

/** What a place shows that has nothing to show: nothing yet, not known yet, or an error. */
export function Empty(props: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <svg viewBox="0 0 72 72" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
        <circle cx="36" cy="36" r="24" stroke-dasharray="3 5" />
        <circle cx="36" cy="12" r="4" fill="currentColor" stroke="none" />
        <circle cx="15.2" cy="48" r="4" fill="currentColor" stroke="none" />
        <circle cx="56.8" cy="48" r="4" fill="currentColor" stroke="none" />
      </svg>
      <h2>{props.title}</h2>
      {props.children}
    </div>
  )
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" />
      {what}
    </div>
  )
}

export function Failure(props: { readonly error: unknown; readonly retry?: () => void }) {
  return (
    <div class="empty" role="alert">
      <h2>That did not work</h2>
      <p class="error-text">{props.error instanceof Error ? props.error.message : String(props.error)}</p>
      {props.retry !== undefined && (
        <button type="button" onClick={props.retry}>
          Try again
        </button>
      )}
    </div>
  )
}
