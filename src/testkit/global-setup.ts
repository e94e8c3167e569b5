import { setEnvironment } from '../base/system-environment.ts'
import { memoryServer } from '../server/memory-server.ts'
import type { RunningServer } from '../server/start-server.ts'
import { startServer } from '../server/start-server.ts'
import { usualRegions } from './start-world.ts'

/**
 * One server in memory for a whole test run, for code that makes its own AWS clients: these find it by AWS_ENDPOINT_URL_DYNAMODB, as they find any endpoint.
 * Vitest: `globalSetup: ['everywrite/testkit/global-setup']`. Jest: the same, and `globalTeardown: 'everywrite/testkit/global-teardown'`.
 * node:test: `--test-global-setup`.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startServer(memoryServer(usualRegions))
  const endpoint = `http://127.0.0.1:${server.port}`
  const before = setEnvironment({
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_DYNAMODB_STREAMS: endpoint,
    AWS_ACCESS_KEY_ID: 'everywrite',
    AWS_SECRET_ACCESS_KEY: 'everywrite',
    AWS_REGION: usualRegions[0],
  })
  running.push({ server, before })
  return teardown
}

export async function teardown(): Promise<void> {
  for (const { server, before } of running.splice(0)) {
    setEnvironment(before)
    await server.close()
  }
}

/** The names that node:test calls. */
export { setup as globalSetup, teardown as globalTeardown }

const running: { readonly server: RunningServer; readonly before: Record<string, string | undefined> }[] = []
