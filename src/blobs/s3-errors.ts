import { BlobExists, StoreFailed } from './blobs.ts'

type S3Error = Error & { code?: string; $metadata?: { httpStatusCode?: number } }

const MISSING = ['NoSuchKey', 'NotFound', 'NoSuchUpload']
const TAKEN = ['PreconditionFailed', 'ConditionalRequestConflict']

/** A handler that returns undefined for a missing object, and throws every other error. */
export function isMissing(error: unknown): undefined {
  if (!MISSING.includes((error as Error).name)) throw toStoreError(error)
}

export const ofStore = <Result>(result: Promise<Result>): Promise<Result> =>
  result.catch((error) => {
    throw toStoreError(error)
  })

export function toStoreError(error: unknown): Error {
  const { name, message, code, $metadata } = error as S3Error
  if (error instanceof StoreFailed || error instanceof BlobExists) return error
  if (TAKEN.includes(name)) return new BlobExists(message)
  const facts = [...new Set([name, code, $metadata?.httpStatusCode, message])].filter((one) => one && one !== 'Error')
  return new StoreFailed(`The store for artifacts (S3) cannot be used: ${facts.join(', ')}.`, error)
}
