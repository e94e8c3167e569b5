/** Starts the writer process, under strace where system calls are to fail or to take long, and listens to what it says. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface WriterProcess {
  /** The lines it wrote, as they come; ends with the process. */
  readonly lines: AsyncIterable<string>
  /** Ends the process at once, as a crash of the program does, and waits until it is gone. */
  kill(): Promise<void>
}

/** Whether system calls can be traced here. */
export const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0

/** @param injections what strace does to system calls, for example `fdatasync:error=EIO:when=5+` */
export function startWriter(
  mode: 'append' | 'observe' | 'observe-early',
  folder: string,
  injections: readonly string[] = [],
): WriterProcess {
  const node = [process.execPath, '--import', 'tsx', fileURLToPath(new URL('lmdb-writer.ts', import.meta.url)), mode, folder]
  const traced = injections.map((injection) => `--inject=${injection}`)
  const [program = '', ...args] = injections.length === 0 ? node : ['strace', '-f', '-qq', '-o', '/dev/null', ...traced, ...node]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  return {
    lines: createInterface(child.stdout),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
