import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { accessKey, asksFor, setAccessKey, setToken } from '../server/access-keys.ts'
import { Dialog } from './dialog.tsx'

/** Asks for what the server said is missing. */
export function SignIn() {
  if (asksFor.value === 'token') return <AskToken />
  if (asksFor.value === 'access key') return <AskKey />
  return null
}

function close(): void {
  asksFor.value = undefined
}

function AskToken() {
  const [value, setValue] = useState('')
  return (
    <Form title="This server asks for its token" submit={() => setToken(value.trim())}>
      <p class="quiet">
        <code>everywrite start</code> printed it, or was given it with <code>--admin-token</code>. It is kept in this tab only.
      </p>
      <label class="field">
        <span>Admin token</span>
        <input
          type="password"
          autocomplete="off"
          autofocus
          required
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
    </Form>
  )
}

function AskKey() {
  const [id, setId] = useState(accessKey.value?.accessKeyId ?? '')
  const [secret, setSecret] = useState('')
  const [session, setSession] = useState('')
  const submit = (): void => {
    const sessionToken = session.trim()
    setAccessKey({ accessKeyId: id.trim(), secretAccessKey: secret.trim(), ...(sessionToken === '' ? {} : { sessionToken }) })
  }
  return (
    <Form title="This server verifies signatures" submit={submit}>
      <p class="quiet">
        Tables and items are read and written with an access key of the server's <code>--credentials</code> file, and only as far as that
        key may. Requests are signed in this page; the secret is kept in this tab and never sent.
      </p>
      <label class="field">
        <span>Access key id</span>
        <input autocomplete="off" autofocus required value={id} onInput={(event) => setId(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>Secret access key</span>
        <input type="password" autocomplete="off" required value={secret} onInput={(event) => setSecret(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>Session token (if the key has one)</span>
        <input type="password" autocomplete="off" value={session} onInput={(event) => setSession(event.currentTarget.value)} />
      </label>
    </Form>
  )
}

function Form(props: { readonly title: string; readonly submit: () => void; readonly children: ComponentChildren }) {
  return (
    <Dialog title={props.title} onClose={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          props.submit()
          close()
        }}
      >
        {props.children}
        <div class="actions">
          <button class="primary">Continue</button>
        </div>
      </form>
    </Dialog>
  )
}
