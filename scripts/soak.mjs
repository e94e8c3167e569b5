// The simulator on all cores for as long as you like: `npm run soak -- --minutes 30`. New seeds each time, from the time of day on, unless --seed
// says where to begin. Stops at the first seed that fails, or that does not come to an end; its story is made small and kept in test/sim-corpus.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' }, jobs: { type: 'string' }, keep: { type: 'string', default: 'test/sim-corpus' } },
})
const minutes = Number(values.minutes)
const jobs = Number(values.jobs ?? availableParallelism())
let next = Number(values.seed ?? Date.now() % 1_000_000_000)
if (!(minutes > 0 && jobs >= 1 && Number.isSafeInteger(next))) {
  console.error('usage: npm run soak -- [--minutes N] [--seed N] [--jobs N] [--keep DIR]')
  process.exit(2)
}

const seedsAtOnce = 20
/** No seed takes a minute. One that goes round in circles never reports itself. */
const silenceMsMax = 180_000
const began = Date.now()
const first = next
let passed = 0
let failed = false
const children = new Set()

console.log(`seeds from ${first} on, ${jobs} at a time, for ${minutes} minutes`)
const timer = setInterval(progress, 10_000)
await Promise.all(Array.from({ length: jobs }, work))
clearInterval(timer)
progress()
process.exitCode = failed ? 1 : 0

async function work() {
  while (!failed && Date.now() - began < minutes * 60_000) {
    const seed = next
    next += seedsAtOnce
    await simulate(seed)
  }
}

function simulate(seed) {
  return new Promise((resolve) => {
    const args = ['dist/cli/main.js', 'sim', '--seed', String(seed), '--count', String(seedsAtOnce), '--keep', values.keep]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.add(child)
    let text = ''
    let silence
    const listen = () => {
      clearTimeout(silence)
      silence = setTimeout(() => child.kill('SIGKILL'), silenceMsMax)
    }
    listen()
    child.stdout.on('data', (data) => {
      text += data
      listen()
    })
    child.on('exit', (code, signal) => {
      clearTimeout(silence)
      children.delete(child)
      const lines = text.split('\n')
      passed += lines.filter((line) => /^seed \d+ passed/.test(line)).length
      if (code !== 0 && !failed) {
        failed = true
        for (const other of children) other.kill()
        const ending = signal === 'SIGKILL' ? `\n${lines.at(-1)}does not come to an end (${silenceMsMax / 1000} s)` : ''
        console.log(`${lines.filter((line) => !/^seed \d+ passed/.test(line)).join('\n')}${ending}`)
      }
      resolve()
    })
  })
}

function progress() {
  const seconds = (Date.now() - began) / 1000
  console.log(`${passed} seeds passed in ${seconds.toFixed(0)} s, ${((passed / seconds) * 60).toFixed(0)} a minute`)
}
