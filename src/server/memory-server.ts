import { silentLog } from '../base/log.ts'
import type { ServerConfig } from './start-server.ts'

/** A server for this process alone: in memory, on a free loopback port, for whoever reaches it, without lag and without a word. */
export function memoryServer(regions: readonly string[]): ServerConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    regions,
    dataFolder: undefined,
    profile: 'instant',
    clockMode: 'hlc',
    credentials: undefined,
    insecure: false,
    adminToken: undefined,
    log: silentLog,
  }
}
