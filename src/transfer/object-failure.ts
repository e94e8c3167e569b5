import type { JobFailure } from './export-job.ts'
import { ObjectStoreError } from './object-store.ts'

/** How exports and imports tell of what S3 would not do. Codes and texts observed on AWS, 2026-10, but for the request's ids behind them. */
export const noSuchBucket: JobFailure = {
  code: 'S3NoSuchBucket',
  message: 'The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket)',
}

/** Undefined for what is no error of an object store. */
export function objectFailure(error: unknown): JobFailure | undefined {
  if (!(error instanceof ObjectStoreError)) return undefined
  switch (error.code) {
    case 'NO_SUCH_BUCKET':
      return noSuchBucket
    case 'ACCESS_DENIED':
    case 'NO_SUCH_KEY':
      return { code: 'S3AccessDenied', message: `${error.message} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)` }
    case 'IO_ERROR':
      // The code is a guess.
      return { code: 'S3InternalError', message: error.message }
  }
}
