// The whole test command: types, lint, import rules, then every suite. Ends with one line of totals.
// What a suite needs beyond npm is installed here when that is possible (root and apt); otherwise the suite is skipped by name.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const tools = [
  { name: 'the AWS CLI', package: 'awscli', suites: 'AWS CLI', check: [['aws', '--version']] },
  {
    name: 'boto3',
    package: 'python3-boto3',
    suites: 'boto3',
    check: ['/usr/bin/python3', 'python3'].map((python) => [python, '-c', 'import boto3']),
  },
  {
    name: 'Chromium',
    package: 'chromium',
    suites: 'web page and console',
    check: ['chromium', 'chromium-browser', 'google-chrome'].map((browser) => [browser, '--version']),
  },
  { name: 'curl', package: 'curl', suites: 'curl', check: [['curl', '--version']] },
]

const started = Date.now()
let aptIsCurrent = false
const folder = mkdtempSync(join(tmpdir(), 'everywrite-test-'))
const report = join(folder, 'report.json')
try {
  for (const tool of tools) provide(tool)
  step('build', 'npm', ['run', '--silent', 'build'])
  step('types', 'npx', ['tsc', '-p', 'tsconfig.json'])
  step('types of the console', 'npx', ['tsc', '-p', 'console/tsconfig.json'])
  step('lint', 'npx', ['eslint', '.'])
  step('import rules', 'npx', ['depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'console'])
  const tests = run('tests', 'npx', [
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ])
  summarize()
  process.exitCode = tests
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function step(name, command, args) {
  const status = run(name, command, args)
  if (status === 0) return
  console.log(`\n${name} failed\n0 passed, 1 failed`)
  rmSync(folder, { recursive: true, force: true })
  process.exit(status)
}

function run(name, command, args) {
  const began = Date.now()
  console.log(`\n── ${name}`)
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) console.log(error.message)
  console.log(`── ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  return status ?? 1
}

function provide(tool) {
  if (available(tool)) return
  if (process.platform === 'linux' && process.getuid?.() === 0 && answers('apt-get', '--version')) {
    console.log(`installing ${tool.package} for the ${tool.suites} suite`)
    const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
    if (!aptIsCurrent) spawnSync('apt-get', ['update', '-qq'], quiet)
    aptIsCurrent = true
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', tool.package], quiet)
  }
  if (!available(tool)) console.log(`the ${tool.suites} suite is skipped: there is no ${tool.name} (apt-get install ${tool.package})`)
}

function available({ check }) {
  return check.some((command) => answers(...command))
}

function answers(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function summarize() {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const skipped = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'pending' || status === 'skipped'),
  )
  if (skipped.length > 0) console.log('\nskipped:')
  for (const { fullName } of skipped) console.log(`  ${fullName}`)
  console.log(`\nfinished in ${((Date.now() - started) / 1000).toFixed(0)} s`)
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`)
}
