import { operation } from '../operation.ts'
import { versionNotSupported } from './legacy-version.ts'

/** Refused whatever tables there are. */
export const createGlobalTable = operation(({ region }) => Promise.resolve(versionNotSupported(region)))
