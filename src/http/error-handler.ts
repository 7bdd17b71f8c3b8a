import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { StoreFailed } from '../blobs/blobs.ts'
import { classifyDatabaseError } from '../db/database-errors.ts'
import { badRequest, invalidBody, Refusal } from '../errors.ts'
import { throttle } from '../throttle.ts'
import { aboutRequest } from './traffic/log-requests.ts'

/** Long enough for what is under way to end; not the same for all, who would come back together. */
const retryAfter = () => String(5 + Math.floor(Math.random() * 10))

const TEXTS: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'http: request body too large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "Bad Content-Type, expected 'application/json'",
}
const STORE_FAILED = 'The server cannot use its store for artifacts just now: try again later.'
const DATABASE_TROUBLE = {
  away: 'service unavailable',
  busy: 'The database is too busy just now: try again later.',
  full: 'The disk of the database is full: nothing can be changed until its administrator makes room. Try again later.',
  failing: 'The database cannot read or write its disk: its administrator has to look after it. Try again later.',
}

/** A whole fleet meets the same trouble. */
const LOG_INTERVAL_MS = 1000

/** One body for every refusal: `{"error", "request_id"}`. Any other error is logged, and answered with 500 or 503. */
export function answerErrors(http: FastifyInstance) {
  const mayLog = throttle(LOG_INTERVAL_MS)
  http.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = toRefusal(error)
    const isFailure = refusal.status >= 500 && !(error instanceof Refusal)
    if (isFailure && (refusal.status === 500 || mayLog()))
      request.log.error({ ...aboutRequest(request), err: error }, 'request failed')
    return sendRefusal(request, reply, refusal)
  })
}

export function sendRefusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal) {
  const { status, message, details, retry_after_s } = refusal
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="ManagementJWT"')
  if ((status === 429 || status === 503) && !reply.hasHeader('retry-after'))
    reply.header('retry-after', retry_after_s === undefined ? retryAfter() : String(retry_after_s))
  return reply
    .code(status)
    .header('x-men-requestid', request.id)
    .type('application/json')
    .send(JSON.stringify({ error: message, ...details, request_id: request.id }))
}

function toRefusal(error: FastifyError): Refusal {
  if (error instanceof Refusal) return error
  if (error.validation) return fromValidation(error)
  if (error instanceof StoreFailed) return new Refusal(503, STORE_FAILED)
  const { code = '', statusCode = 500 } = error
  if (statusCode >= 400 && statusCode < 500) return new Refusal(statusCode, TEXTS[code] ?? error.message)
  const trouble = classifyDatabaseError(error)
  if (trouble) return new Refusal(503, DATABASE_TROUBLE[trouble])
  return new Refusal(500, 'internal error')
}

function fromValidation({ validation = [], validationContext }: FastifyError): Refusal {
  const problem = describe(validation[0])
  return validationContext === 'body' ? invalidBody(problem) : badRequest(`${problem}.`)
}

type Problem = NonNullable<FastifyError['validation']>[number]

function describe(problem: Problem | undefined): string {
  if (!problem) return 'invalid'
  const { keyword, params, message = 'is not valid' } = problem
  const path = problem.instancePath.split('/').slice(1)
  if (keyword === 'required') return `${[...path, String(params.missingProperty)].join('.')}: cannot be blank`
  const field = path.length > 0 ? `${path.join('.')}: ` : ''
  const blank = keyword === 'minLength' && params.limit === 1
  return blank ? `${field}cannot be blank` : `${field}${message}`
}
