import type { RunningServer } from '../server/start-server.ts'
import { startServer } from '../server/start-server.ts'
import type { Settings } from '../server/settings.ts'
import { readSettings } from '../server/settings.ts'
import { createLog } from '../server/operator-log.ts'
import type { Arguments, Command } from './command.ts'
import { assertPositionals } from './command.ts'
import { print, printJson, style } from './output.ts'

const help = `everywrite start: serve DynamoDB in several Regions

  --port 8000                 0 takes any free port
  --host 127.0.0.1            another address needs --credentials or --insecure
  --regions us-east-1,us-west-2,eu-west-1
                              awake from the start; any other AWS Region comes alive on first use
  --data DIR                  where everything is kept (default ./.everywrite)
  --memory                    keep nothing
  --s3 DIR                    what stands for S3: a folder with a folder for each bucket, where exports go and imports come from
                              (default s3 in the data folder; with --memory none)
  --profile instant           how long replication takes: instant, aws (half a second and the distance), lesson (1 to 3 s)
  --clock hlc                 hlc: hybrid logical clocks; wall: the Regions' clocks as they are
  --credentials FILE          verify signatures; { "AKID": { "secretAccessKey": "…", "regions": […], "tables": […], "actions": […] } }; also
                              "sessionToken", "account", and "deny": { "regions", "tables", "actions" }
  --tls-cert FILE --tls-key FILE
                              serve HTTPS; a certificate and its key in PEM form
  --insecure                  serve everybody who can reach the port
  --throttling on|off         hold tables to their throughput (default on)
  --ttl-sweep MS              how often expired items are looked for (default 1000)
  --lifecycle-delay MS        how long tables and indexes take to come, change and go (default 0: as long as it takes)
  --index-delay MS            how far global secondary indexes lag behind their tables (default 0)
  --log-limit MB              how much of a table's log is kept for a Region that cannot be reached before that one is expelled and filled again
                              when it is back (default 10240)
  --kinesis NAME=URL,…        where records for a Kinesis stream are posted (* for all others); else they go to DIR/kinesis/REGION/NAME.jsonl
  --admin-token TOKEN         what the control API asks for (made up when others can reach the port)
  --log text|json             events on stderr, a line for each (text on a terminal, else json)
  --log-level info            info, warn or error
  --access-log FILE|-         a line of JSON for each request, into a file (reopened on SIGHUP) or to stdout
  --config FILE               the same settings as a JSON object
  --json                      print where to connect as JSON`

export const start: Command = {
  help,
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    regions: { type: 'string' },
    data: { type: 'string' },
    memory: { type: 'boolean' },
    s3: { type: 'string' },
    profile: { type: 'string' },
    clock: { type: 'string' },
    credentials: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    insecure: { type: 'boolean' },
    throttling: { type: 'string' },
    'ttl-sweep': { type: 'string' },
    'index-delay': { type: 'string' },
    'log-limit': { type: 'string' },
    kinesis: { type: 'string' },
    'lifecycle-delay': { type: 'string' },
    log: { type: 'string' },
    'log-level': { type: 'string' },
    'access-log': { type: 'string' },
    config: { type: 'string' },
  },
  async run(args) {
    assertPositionals(args, 0)
    const settings = await readSettings(settingsIn(args))
    const log = createLog({
      format: settings.logFormat ?? (process.stderr.isTTY ? 'text' : 'json'),
      level: settings.logLevel,
      write: (line) => process.stderr.write(line),
    })
    const server = await startServer({ ...settings, log })
    // Listened for before the first line is printed: whoever reads it may end the server at once.
    const told = stopTold()
    // Without a file to reopen, a terminal that is closed ends the server as it always did.
    if (settings.accessLog !== undefined && settings.accessLog !== '-') process.on('SIGHUP', () => server.reopenLogs())
    if (args.values['json'] === true) printJson(summary(server, settings))
    else printWelcome(server, settings)
    const failure = await Promise.race([told, server.failed])
    if (failure !== undefined) throw failure
    await server.close()
    return 0
  },
}

function settingsIn({ values }: Arguments): Record<string, unknown> {
  const { json: _json, endpoint: _endpoint, help: _help, ...settings } = values
  return settings
}

/** Resolves at the first request to stop; the second one does not wait. */
function stopTold(): Promise<undefined> {
  return new Promise((resolve) => {
    let told = false
    const stop = (): void => {
      if (told) process.exit(130)
      told = true
      resolve(undefined)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

function endpointOf({ host, port }: RunningServer, { tls }: Settings): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  return `${tls === undefined ? 'http' : 'https'}://${name}:${port}`
}

/** A token that was made up for this run goes into the address, behind the #, which browsers send to nobody. */
function consoleUrlOf({ adminToken }: RunningServer, settings: Settings, endpoint: string): string {
  const isMadeUp = adminToken !== undefined && settings.adminToken === undefined
  return `${endpoint}/console/${isMadeUp ? `#token=${adminToken}` : ''}`
}

function summary(server: RunningServer, settings: Settings): Record<string, unknown> {
  const { profile, clockMode } = settings
  const { dataFolder, adminToken, regions } = server
  const endpoint = endpointOf(server, settings)
  return { endpoint, console: `${endpoint}/console/`, regions, profile, clock: clockMode, dataFolder, adminToken, pid: process.pid }
}

function printWelcome(server: RunningServer, settings: Settings): void {
  const endpoint = endpointOf(server, settings)
  const [region = 'us-east-1'] = settings.regions
  const { credentials } = settings
  const [key] = credentials?.keys() ?? []
  const keyId = key ?? 'any'
  const secret = credentials === undefined ? 'any' : 'THE-SECRET-OF-THAT-KEY'
  print(`${style.strong('everywrite')} serves DynamoDB in ${server.regions.length} Regions at ${style.accent(endpoint)}`)
  print()
  print(`  console   ${style.accent(consoleUrlOf(server, settings, endpoint))}`)
  print(`  Regions   ${server.regions.join(', ')} (any other AWS Region comes alive on first use)`)
  print(`  data      ${server.dataFolder ?? 'in memory; gone when this process ends'}`)
  print(`  profile   ${settings.profile}, clock ${settings.clockMode}`)
  if (server.adminToken !== undefined && settings.adminToken === undefined) print(`  admin     token ${server.adminToken}`)
  if (settings.insecure && credentials === undefined)
    print(`  ${style.bad('insecure')}  whoever can reach ${server.host} may read and write everything`)
  print()
  print('AWS CLI:')
  print(
    `  AWS_ACCESS_KEY_ID=${keyId} AWS_SECRET_ACCESS_KEY=${secret} aws dynamodb list-tables --endpoint-url ${endpoint} --region ${region}`,
  )
  print()
  print('SDK for JavaScript:')
  print(`  import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'`)
  print(`  const credentials = { accessKeyId: '${keyId}', secretAccessKey: '${secret}' }`)
  print(`  const client = new DynamoDBClient({ region: '${region}', endpoint: '${endpoint}', credentials })`)
  print(`  console.log(await client.send(new ListTablesCommand()))`)
  print()
  print('Break it, and see what got lost:')
  print(
    `  everywrite fault partition ${settings.regions[0] ?? 'us-east-1'} ${settings.regions[1] ?? 'eu-west-1'}     everywrite conflicts     everywrite demo`,
  )
}
