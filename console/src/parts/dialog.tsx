import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A modal dialog for as long as it is rendered. The browser keeps the focus in it, and brings it back afterwards. */
export function Dialog(props: {
  readonly title: string
  readonly onClose: () => void
  readonly wide?: boolean
  readonly children: ComponentChildren
}) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    if (dialog !== null && !dialog.open) dialog.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog ref={ref} class={props.wide === true ? 'wide' : ''} aria-label={props.title} onClose={props.onClose} onCancel={props.onClose}>
      <header>
        <h2>{props.title}</h2>
        <button type="button" class="ghost icon" aria-label="Close" onClick={props.onClose}>
          ✕
        </button>
      </header>
      <div class="body">{props.children}</div>
    </dialog>
  )
}
