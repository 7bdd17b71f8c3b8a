import { type Static, type TSchema, Type } from 'typebox'
import { ErrorCode } from '../../error-codes.ts'

const ErrorBody = Type.Object({
  error: Type.String({ description: 'What is wrong and what to do' }),
  code: ErrorCode,
  field: Type.Optional(
    Type.String({ description: 'The member of the body that is wrong, as in `phases.0.batch_size`' }),
  ),
  term: Type.Optional(Type.Integer({ description: 'With `invalid_term`: the index of the term' })),
  active_deployments: Type.Optional(
    Type.Array(Type.String(), { description: 'With `artifact_in_use` and `release_in_use`: IDs of the deployments' }),
  ),
  metadata: Type.Optional(
    Type.Object(
      { conflict: Type.Object({}, { description: 'What both artifacts have: `artifact_name` and `depends`' }) },
      { description: 'With `artifact_exists`' },
    ),
  ),
  request_id: Type.String({ description: 'As in X-MEN-RequestID' }),
})

const MEANINGS: Record<number, string> = {
  400: 'Bad request, see the error',
  401: 'No valid token',
  403: 'Feature not available in your Plan, or your role does not allow it',
  404: 'Not found',
  408: 'The request took too long to arrive',
  409: 'Conflict',
  412: 'Changed by somebody else: `If-Match` names another version',
  413: 'Too large',
  415: 'Wrong content type',
  417: 'The header `Expect` asks for something other than `100-continue`; no body',
  422: 'Unprocessable, see the error',
  429: 'Too many; `Retry-After` says in how many seconds to come back',
  431: 'The address and the headers of the request are too long',
  501: 'Not part of Muster, see the error',
  503: 'Unavailable just now; `Retry-After` says in how many seconds to come back',
}

/** Response schemas of the refusals that an operation can give. */
export const refusals = (...statuses: number[]): Record<number, TSchema> =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      status === 417
        ? nothing(MEANINGS[status])
        : Type.Unsafe<never>({ ...ErrorBody, description: MEANINGS[status] ?? 'Refused' }),
    ]),
  )

const HEADERS = {
  'x-men-requestid': 'The id of the request, in the logs too: as sent, or given',
  'www-authenticate': 'How to authenticate',
  'retry-after': 'Seconds after which it is worth another try',
  location: 'Where what was made is: its id is the last segment',
  link: 'Other pages, as RFC 8288 has it: first, prev, next and, where the total is known, last',
  'x-total-count': 'How many there are in all; of very many some seconds old',
  etag: 'The version, for If-Match',
  'content-disposition': 'Name of the file',
  'content-length': 'Bytes of the body',
  'accept-ranges': 'bytes',
  'content-range': 'Which bytes of how many',
  'set-cookie': 'The session, in a cookie that scripts cannot read',
  allow: 'The methods that there are',
} as const
export type HeaderName = keyof typeof HEADERS

const describe = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, { type: 'string', description: HEADERS[name] }]))

/** The schema of an answer with headers of its own. */
export const withHeaders = <Schema extends TSchema>(schema: Schema, ...names: HeaderName[]) =>
  Type.Unsafe<Static<Schema>>({
    ...schema,
    headers: { ...(schema as { headers?: object }).headers, ...describe(names) },
  })

/** The schema of an empty answer. */
export const nothing = (description = 'Done', ...headers: HeaderName[]) =>
  withHeaders(Type.Unsafe<undefined>({ type: 'null', description }), ...headers)

/** The schema of an empty answer that names what was made. */
export const created = (description = 'Created') => nothing(`${description}; Location names it`, 'location')

/** The schema of an answer that is not JSON. */
export const ofType = <Body>(contentType: string, description: string, ...headers: HeaderName[]) =>
  withHeaders(
    Type.Unsafe<Body>({ description, content: { [contentType]: { schema: { type: 'string' } } } }),
    ...headers,
  )

export const Jwt = ofType<Buffer>('application/jwt', 'A token, and nothing else')
