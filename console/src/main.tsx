import { render } from 'preact'
import { App } from './app.tsx'
import './design.css'
import { follow } from './state/server.ts'
import './theme.ts'

const place = document.getElementById('app')
if (place !== null) render(<App />, place)
follow()
