import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { StoreFailed } from '../blobs/blobs.ts'
import { classifyDatabaseError } from '../db/database-errors.ts'
import {
  badRequest,
  bodyTooLarge,
  internalError,
  invalidBody,
  invalidField,
  malformedRequest,
  unavailable,
  unsupportedType,
} from '../errors.ts'
import { Refusal } from '../refusal.ts'
import { throttle } from '../throttle.ts'
import { aboutRequest } from './traffic/log-requests.ts'

/** Long enough for what is under way to end, and random, so that refused clients do not all return together. */
const retryAfter = () => String(5 + Math.floor(Math.random() * 10))

const STORE_FAILED = 'The server cannot use its store for artifacts just now: try again later.'
const DATABASE_TROUBLE = {
  away: 'service unavailable',
  busy: 'The database is too busy just now: try again later.',
  full: 'The disk of the database is full: nothing can be changed until its administrator frees space. Try again later.',
  failing: 'The database cannot read or write its disk: its administrator has to look after it. Try again later.',
}

/** A whole fleet meets the same failure: it is logged at most this often. */
const LOG_INTERVAL_MS = 1000

/** Sends every refusal with the same body. Any other error is logged, and sent as 500 or 503. */
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
  const { status, retry_after_s } = refusal
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="ManagementJWT"')
  if ((status === 429 || status === 503) && !reply.hasHeader('retry-after'))
    reply.header('retry-after', retry_after_s === undefined ? retryAfter() : String(retry_after_s))
  return reply
    .code(status)
    .header('x-men-requestid', request.id)
    .type('application/json')
    .send(refusalBody(refusal, request.id))
}

/** The body of a refusal, also of those that are sent without Fastify. */
export const refusalBody = ({ message, code, details }: Refusal, request_id: string): string =>
  JSON.stringify({ error: message, code, ...details, request_id })

function toRefusal(error: FastifyError): Refusal {
  if (error instanceof Refusal) return error
  if (error.validation) return fromValidation(error)
  if (error instanceof StoreFailed) return unavailable(STORE_FAILED)
  const { statusCode = 500, message } = error
  if (statusCode === 413) return bodyTooLarge()
  if (statusCode === 415) return unsupportedType()
  if (statusCode >= 400 && statusCode < 500) return malformedRequest(message, statusCode)
  const trouble = classifyDatabaseError(error)
  return trouble ? unavailable(DATABASE_TROUBLE[trouble]) : internalError()
}

function fromValidation({ validation = [], validationContext }: FastifyError): Refusal {
  const { field, problem } = describe(validation[0])
  if (validationContext === 'body') return field === '' ? invalidBody(problem) : invalidField(field, problem)
  return badRequest(field === '' ? `${problem}.` : `${field}: ${problem}.`)
}

type Problem = NonNullable<FastifyError['validation']>[number]

function describe(found: Problem | undefined): { field: string; problem: string } {
  if (!found) return { field: '', problem: 'invalid' }
  const { keyword, params, message = 'is not valid' } = found
  const path = found.instancePath.split('/').slice(1)
  if (keyword === 'required')
    return { field: [...path, String(params.missingProperty)].join('.'), problem: 'cannot be blank' }
  const isBlank = keyword === 'minLength' && params.limit === 1
  return { field: path.join('.'), problem: isBlank ? 'cannot be blank' : message }
}
