import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The whole program as a process of its own, from the built files, on a free port. */
export interface Program {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** Ends it as an operator would, and waits until it has ended. */
  stop(): Promise<void>
}

export const mainFile = new URL('../dist/cli/main.js', import.meta.url).pathname

/** Starts `everywrite start` and waits until it serves. */
export async function startProgram(args: readonly string[]): Promise<Program> {
  const child = spawn(process.execPath, [mainFile, 'start', '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`everywrite ended with code ${code} before it served`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /https?:\/\/127\.0\.0\.1:\d+/.exec(line)
      if (found !== null) resolve(found[0])
    })
  })
  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
