import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { StoreFailed } from '../blobs/blobs.ts'
import { badRequest, invalidBody, Refusal } from '../errors.ts'

const TEXTS: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'http: request body too large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "Bad Content-Type, expected 'application/json'",
}
const STORE_FAILED = 'The server cannot use its store for artifacts just now: try again later.'
// Connection refused or lost, server starting, stopping or full.
const DATABASE_AWAY = /^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|08...|57P0[123]|53300)$/

/** One body for every refusal: `{"error", "request_id"}`. What is no refusal is logged and told as `internal error`. */
export function answerErrors(http: FastifyInstance) {
  http.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = toRefusal(error)
    if (refusal.status >= 500) request.log.error({ err: error }, 'request failed')
    return sendRefusal(request, reply, refusal)
  })
}

export function sendRefusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal) {
  const { status, message, details, retry_after_s } = refusal
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="ManagementJWT"')
  if (status === 429) reply.header('retry-after', String(retry_after_s))
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
  if (DATABASE_AWAY.test(code)) return new Refusal(503, 'service unavailable')
  // Class 22, data exception: the database could not take a value of the request.
  if (/^22...$/.test(code)) return badRequest('The request holds a value that cannot be stored.')
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
