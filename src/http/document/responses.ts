import { type Static, type TSchema, Type } from 'typebox'
import { ErrorCode } from '../../error-codes.ts'

const ErrorBody = Type.Object(
  {
    error: Type.String({ description: 'What is wrong and what to do, for people' }),
    code: ErrorCode,
    field: Type.Optional(
      Type.String({ description: 'The member of the request body that is wrong, such as `phases.0.batch_size`' }),
    ),
    term: Type.Optional(Type.Integer({ description: 'With `invalid_term`: the index of the term, from 0' })),
    path: Type.Optional(
      Type.Array(Type.Integer(), {
        description:
          'With `invalid_term`, of a term in a group: the indexes of its groups, outermost first, and its own',
      }),
    ),
    active_deployments: Type.Optional(
      Type.Array(Type.String(), { description: 'With `artifact_in_use` and `release_in_use`: IDs of the deployments' }),
    ),
    created_id: Type.Optional(
      Type.String({ description: 'With `secret_not_stored`: ID of what the earlier request has created' }),
    ),
    deployment_id: Type.Optional(
      Type.String({ description: 'With `deployment_key_taken`: ID of the deployment that has the key' }),
    ),
    changed: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'With `deployment_key_taken`: members with which that deployment was created otherwise; none: it is the same',
      }),
    ),
    metadata: Type.Optional(
      Type.Object(
        {
          conflict: Type.Object(
            {
              artifact_name: Type.String({ description: 'Name of both artifacts' }),
              depends: Type.Object({}, { additionalProperties: true, description: 'What both artifacts depend on' }),
            },
            { description: 'The artifact that exists' },
          ),
        },
        { description: 'With `artifact_exists`: what the artifact has in common with another' },
      ),
    ),
    request_id: Type.String({ description: 'ID of the request, as in the header `X-MEN-RequestID`' }),
  },
  { title: 'Error', description: 'Why a request was refused' },
)

const MEANINGS: Record<number, string> = {
  400: 'The request is not valid; `code` and `error` say why',
  401: 'There is no valid token or password',
  403: 'The plan of the tenant or the roles of the user do not allow this',
  404: 'Not found',
  408: 'The request took too long to arrive',
  409: 'Conflict with the present state; `code` and `error` say which',
  410: 'It has ended',
  412: '`If-Match` names another version: somebody else has changed it',
  413: 'The body is too large',
  414: 'A part of the path is too long',
  415: 'The content type or the encoding of the body is not supported',
  416: 'The range lies outside of the file',
  417: 'The header `Expect` has another value than `100-continue`; no body',
  422: 'The request is valid but cannot be fulfilled; `code` and `error` say why',
  429: 'Too many requests; `Retry-After` says in how many seconds to try again',
  431: 'The address and the headers of the request are too long',
  503: 'Unavailable at the moment; `Retry-After` says in how many seconds to try again',
}

/** The responses by which an operation refuses requests, beside those that `documentRoutes` adds to all. */
export const refusals = (...statuses: number[]): Record<number, TSchema> =>
  Object.fromEntries(statuses.map((status) => [status, refusal(MEANINGS[status] ?? 'Refused', status)]))

/** Node refuses 417 itself, without a body. */
const refusal = (description: string, status: number): TSchema =>
  status === 417
    ? nothing(description)
    : Type.Unsafe<never>({ description, content: { 'application/json': { schema: ErrorBody } } })

const HEADERS = {
  'x-men-requestid': 'ID of the request, as in the logs of the server: the one that it brought, or a new one',
  'www-authenticate': 'How to authenticate',
  'retry-after': 'Seconds after which to try again',
  location: 'Where the new resource is; its last segment is the ID',
  link: 'URLs of other pages (RFC 8288): `first`, `prev`, `next` and, if the total is known, `last`',
  'x-total-count': 'Number of all rows; of very many it may be some seconds old',
  etag: 'The version, for `If-Match`',
  'content-disposition': 'Name of the file',
  'content-length': 'Size of the body in bytes',
  'accept-ranges': 'The unit of ranges: `bytes`',
  'content-range': 'First and last byte of the range, and the size of the file, in bytes',
  'set-cookie': 'The session, in a cookie that scripts cannot read',
} as const
export type HeaderName = keyof typeof HEADERS

const describe = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, { type: 'string', description: HEADERS[name] }]))

/** The schema of a response with headers of its own. */
export const withHeaders = <Schema extends TSchema>(schema: Schema, ...names: HeaderName[]) =>
  Type.Unsafe<Static<Schema>>({
    ...schema,
    headers: { ...(schema as { headers?: object }).headers, ...describe(names) },
  })

/** The schema of a response without a body. */
export const nothing = (description = 'Done', ...headers: HeaderName[]) =>
  withHeaders(Type.Unsafe<undefined>({ type: 'null', description }), ...headers)

/** The schema of an empty response that says where the new resource is. */
export const created = (description = 'Created') => nothing(`${description}; \`Location\` says where`, 'location')

/** The schema of a response that is not JSON, but of one of these types. */
export const ofType = <Body>(types: string | readonly string[], description: string, ...headers: HeaderName[]) => {
  const content = [types].flat().map((type) => [type, { schema: TEXT.test(type) ? text : bytes }])
  return withHeaders(Type.Unsafe<Body>({ description, content: Object.fromEntries(content) }), ...headers)
}

const TEXT = /^text\/|^application\/jwt$/
const text = { type: 'string' }
const bytes = { type: 'string', format: 'binary' }

export const Jwt = ofType<Buffer>('application/jwt', 'The token, a JSON Web Token, and nothing else')
