import { OperatorError } from './operator-error.ts'

/** Reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Whoever reaches the port may do everything, unless there are credentials: so it is not opened to others by accident. */
export function assertMayBind(host: string, options: { readonly hasCredentials: boolean; readonly insecure: boolean }): void {
  if (isLoopback(host) || options.hasCredentials || options.insecure) return
  throw new OperatorError(
    'OPEN_TO_ALL',
    `Refusing to listen on ${host}, where other machines can reach it, without --credentials FILE; pass --insecure to serve everybody anyway.`,
  )
}
