import { type TSchema, Type } from 'typebox'

const ErrorBody = Type.Object({
  error: Type.String({ description: 'What is wrong and what to do' }),
  request_id: Type.String({ description: 'As in X-MEN-RequestID' }),
})

const MEANINGS: Record<number, string> = {
  400: 'Bad request, see the error',
  401: 'No valid token',
  403: 'Feature not available in your Plan, or your role does not allow it',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Wrong content type',
  422: 'Unprocessable, see the error',
  429: 'Too many; `Retry-After` says in how many seconds to come back',
}

/** Response schemas of the refusals that an operation can give. */
export const refusals = (...statuses: number[]): Record<number, TSchema> =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      Type.Unsafe<never>({ ...ErrorBody, description: MEANINGS[status] ?? 'Refused' }),
    ]),
  )

/** The schema of an empty answer. */
export const nothing = (description = 'Done') => Type.Unsafe<undefined>({ type: 'null', description })
