import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { plural } from './format.ts'
import type { Shortcut } from './keys.ts'
import { shortcuts, useShortcuts } from './keys.ts'
import { pages } from './pages.ts'
import type { Page } from './pages.ts'
import { Dialog } from './parts/dialog.tsx'
import { Notices } from './parts/notices.tsx'
import { SignIn } from './parts/sign-in.tsx'
import { Empty, Failure, Loading } from './parts/states.tsx'
import { go, hrefOf, route } from './route.ts'
import { healAll } from './state/faults.ts'
import { conflictsUnseen, connection, faults, health } from './state/server.ts'
import { isDark, nextTheme } from './theme.ts'

/** The frame around every page: where one is, how the server is, and the keys. */
export function App() {
  const [helpShown, setHelpShown] = useState(false)
  const page = pages.find(({ id }) => id === route.value.page)
  useShortcuts([
    ...pages.flatMap(({ id, title, letter }, at): Shortcut[] => [
      { keys: String(at + 1), label: title, run: () => go(id) },
      { keys: `g ${letter}`, label: title, run: () => go(id) },
    ]),
    { keys: 'h', label: 'Heal all faults', run: () => void healAll() },
    { keys: 't', label: 'Light or dark', run: nextTheme },
    { keys: '?', label: 'These keys', run: () => setHelpShown(true) },
  ])
  useEffect(() => {
    document.title = `${page?.title ?? 'Nothing here'} · everywrite`
  }, [page])
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      {connection.value === 'lost' && (
        <div class="banner" role="alert">
          <span class="spinner" />
          The server does not answer. Trying again…
        </div>
      )}
      <header class="bar">
        <a class="brand" href={hrefOf('world')}>
          <img src="/console/favicon.svg" alt="" />
          everywrite
        </a>
        <nav class="tabs" aria-label="Pages">
          {pages.map(({ id, title }, at) => (
            <a key={id} href={hrefOf(id)} aria-current={page?.id === id ? 'page' : undefined}>
              {title}
              {id === 'conflicts' && conflictsUnseen.value > 0 && (
                <span class="count">
                  {conflictsUnseen.value}
                  <span class="visually-hidden"> new</span>
                </span>
              )}
              <kbd aria-hidden="true">{at + 1}</kbd>
            </a>
          ))}
        </nav>
        <div class="end">
          {faults.value.length > 0 && (
            <button type="button" class="solid-bad small-button" onClick={() => void healAll()}>
              Heal {plural(faults.value.length, 'fault')}
            </button>
          )}
          <span class="live" data-state={connection.value} title={health.value === undefined ? '' : `everywrite ${health.value.version}`}>
            {connection.value === 'live' ? `${health.value?.profile ?? ''} lag` : connection.value === 'lost' ? 'offline' : 'connecting'}
          </span>
          <button type="button" class="ghost icon" aria-label={isDark() ? 'Light colours' : 'Dark colours'} onClick={nextTheme}>
            {isDark() ? '☀' : '☾'}
          </button>
          <button type="button" class="ghost icon" aria-label="Keys" onClick={() => setHelpShown(true)}>
            ?
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {page === undefined ? (
          <Empty title="There is no such page">
            <a href={hrefOf('world')}>To the world</a>
          </Empty>
        ) : (
          <Loaded key={page.id} page={page} />
        )}
      </main>
      <Notices />
      <SignIn />
      {helpShown && <Help onClose={() => setHelpShown(false)} />}
    </>
  )
}

function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

const loadedById = new Map<string, ComponentType>()

function Loaded({ page }: { readonly page: Page }) {
  const [state, setState] = useState<{ readonly shown?: ComponentType | undefined; readonly error?: unknown }>({
    shown: loadedById.get(page.id),
  })
  const load = (): void => {
    page.load().then(
      ({ default: shown }) => {
        loadedById.set(page.id, shown)
        setState({ shown })
      },
      (error: unknown) => setState({ error }),
    )
  }
  useEffect(() => {
    if (state.shown === undefined) load()
  }, [])
  if (state.error !== undefined) return <Failure error={state.error} retry={load} />
  if (state.shown === undefined) return <Loading what={page.title} />
  return <state.shown />
}

function Help({ onClose }: { readonly onClose: () => void }) {
  const byLabel = new Map<string, string[]>()
  for (const { keys, label } of shortcuts.value) byLabel.set(label, [...(byLabel.get(label) ?? []), keys])
  return (
    <Dialog title="Keys" onClose={onClose}>
      <div class="keys">
        {[...byLabel].map(([label, all]) => (
          <>
            <span class="row">
              {all.map((keys, at) => (
                <>
                  {at > 0 && <span class="quiet small">or</span>}
                  {keys.split(' ').map((key) => (
                    <kbd>{key}</kbd>
                  ))}
                </>
              ))}
            </span>
            <span>{label}</span>
          </>
        ))}
        <span class="row">
          <kbd>Esc</kbd>
        </span>
        <span>Close what is open</span>
      </div>
    </Dialog>
  )
}
