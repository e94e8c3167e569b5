// The conformance suite alone:
//
//   npm run conformance                          against the program, built first and started for each file
//   npm run conformance -- --endpoint http://…   against what listens there
//   npm run conformance -- --aws                 against DynamoDB itself: credentials and AWS_REGION from the environment; its tables
//                                                begin with `conformance-` and are removed in the end. They cost a few cents.
//
// Whatever else is given goes to vitest: names of files, `-t` and part of a title.
import { spawnSync } from 'node:child_process'

const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
const rest = []
const args = process.argv.slice(2)
for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
  if (arg === '--aws') env.EVERYWRITE_CONFORMANCE_AWS = '1'
  else if (arg === '--endpoint') env.EVERYWRITE_CONFORMANCE_ENDPOINT = args.shift() ?? usage()
  else rest.push(arg)
}
const onAws = env.EVERYWRITE_CONFORMANCE_AWS === '1'
if (!onAws && env.EVERYWRITE_CONFORMANCE_ENDPOINT === undefined) run('npx', ['tsc', '-p', 'tsconfig.build.json'])
// An account may make only so many tables at one time.
const patience = onAws ? ['--testTimeout=300000', '--hookTimeout=600000', '--maxWorkers=2'] : []
const files = rest.some((arg) => !arg.startsWith('-')) ? [] : ['test/conformance/']
run('npx', ['vitest', 'run', ...patience, ...files, ...rest])

function run(command, parameters) {
  const { status } = spawnSync(command, parameters, { stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}

function usage() {
  console.error('usage: npm run conformance [-- --aws | --endpoint URL]')
  process.exit(2)
}
