// The conformance suite alone: what DynamoDB answers, asked by the SDK and by signed requests, from AWS's documentation. It knows nothing of
// this project's code and uses nothing but DynamoDB's own operations, so it judges whatever speaks them.
import { spawnSync } from 'node:child_process'

const usage = `usage: npm run conformance [-- [--endpoint URL | --aws] [--regions A,B[,C]] [what vitest takes: files, -t 'part of a title']]

  (neither)        against the program, built first and started for each file
  --endpoint URL   against what listens there; keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or else any; for a certificate of
                   your own set NODE_EXTRA_CA_CERTS
  --aws            against DynamoDB itself, with the credentials of the environment or of AWS_PROFILE, in AWS_REGION (us-east-1).
                   Tables come and go slowly there, so it takes its time, and costs a few cents.
  --regions A,B,C  two or three Regions for global tables (test/conformance/global-tables/README.md). With an endpoint or AWS they are
                   asked about only when this is given: it takes an hour there, and a dollar.

Every table's name begins with "conformance-" and is used once; all of them are removed in the end, and those of a run that was cut off
can be removed by that name.
`

const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
const rest = []
const args = process.argv.slice(2)
for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
  if (arg === '--help' || arg === '-h') {
    console.log(usage)
    process.exit(0)
  } else if (arg === '--aws') env.EVERYWRITE_CONFORMANCE_AWS = '1'
  else if (arg === '--endpoint') env.EVERYWRITE_CONFORMANCE_ENDPOINT = url(args.shift())
  else if (arg === '--regions') env.EVERYWRITE_CONFORMANCE_REGIONS = regions(args.shift())
  else rest.push(arg)
}
if (env.EVERYWRITE_CONFORMANCE_AWS === '1' && env.EVERYWRITE_CONFORMANCE_ENDPOINT !== undefined) {
  console.error(`give --aws or --endpoint, not both\n\n${usage}`)
  process.exit(2)
}
const onAws = env.EVERYWRITE_CONFORMANCE_AWS === '1'
if (!onAws && env.EVERYWRITE_CONFORMANCE_ENDPOINT === undefined) run('npx', ['tsc', '-p', 'tsconfig.build.json'])
// An account may make only so many tables at one time.
const patience = onAws ? ['--testTimeout=300000', '--hookTimeout=600000', '--maxWorkers=2'] : []
// What follows `-t` is a title, and names no file.
const files = rest.some((arg, at) => !arg.startsWith('-') && rest[at - 1] !== '-t') ? [] : ['test/conformance/']
const ofOneRegion = env.EVERYWRITE_CONFORMANCE_REGIONS === undefined && (onAws || env.EVERYWRITE_CONFORMANCE_ENDPOINT !== undefined)
const without = ofOneRegion ? ['--exclude', 'test/conformance/global-tables/**'] : []
run('npx', ['vitest', 'run', ...patience, ...without, ...files, ...rest])

function run(command, parameters) {
  const { status } = spawnSync(command, parameters, { stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}

function regions(given) {
  const names = given?.split(',') ?? []
  if ((names.length === 2 || names.length === 3) && names.every((name) => /^[a-z]+(-[a-z]+)+-\d$/.test(name))) return given
  console.error(`--regions needs two or three Regions, as in us-east-1,us-west-2\n\n${usage}`)
  process.exit(2)
}

function url(given) {
  if (given !== undefined && URL.canParse(given)) return given
  console.error(given === undefined ? `--endpoint needs a URL\n\n${usage}` : `${given} is no URL\n\n${usage}`)
  process.exit(2)
}
