import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Ajv } from 'ajv'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { tlsOptions } from '../tls.ts'
import { refuseEncodedBodies } from './bodies/content-encoding.ts'
import { parseJsonBodies } from './bodies/json-body.ts'
import { answerErrors } from './error-handler.ts'
import { requestId } from './http.ts'
import { readIdsAsStored } from './ids.ts'
import { countRequests } from './traffic/count-requests.ts'
import { readingForwarded } from './traffic/forwarded.ts'
import { logRequests } from './traffic/log-requests.ts'
import { answerUnknownRoutes } from './traffic/methods.ts'
import { refuseAddress, refuseConnection, refuseTunnel, requireStorableAddresses } from './traffic/refuse-early.ts'
import { onRequestEnd } from './traffic/request-outcome.ts'
import { trustsProxies } from './traffic/trusted-proxies.ts'

const BODY_LIMIT = 1024 * 1024

/** Fastify with everything that applies to all routes. `wrap` adds what runs before Fastify. */
export function createHttp(env: Env, wrap: (handle: RequestListener) => RequestListener): FastifyInstance {
  const { trust_proxy } = env.config
  const trusts = trust_proxy && trustsProxies(trust_proxy)
  const forwarded = trusts ? readingForwarded(trusts) : (handle: RequestListener) => handle
  const http = fastify({
    loggerInstance: env.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    frameworkErrors: refuseAddress,
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, methodsAt),
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    // Requests that arrived before the stop are served, also those that waited in the admission queue.
    return503OnClosing: false,
    // A slow start on a busy machine is no reason to fail.
    pluginTimeout: 0,
    ...(trusts ? { trustProxy: trusts } : {}),
    routerOptions: { maxParamLength: 5000 },
    serverFactory: (handle, options) => listener(env.config, forwarded(wrap(handle)), options),
  }) as unknown as FastifyInstance
  http.addHook('onRequest', (request, reply, done) => {
    reply.header('x-men-requestid', request.id)
    done()
  })
  const [count, log] = [countRequests(http), logRequests(http)]
  onRequestEnd(http, (request, outcome) => {
    count(request, outcome)
    log(request, outcome)
  })
  answerErrors(http)
  const methodsAt = answerUnknownRoutes(http)
  http.server.on('connect', (request, socket) => refuseTunnel(request, socket, methodsAt))
  refuseEncodedBodies(http)
  parseJsonBodies(http)
  requireStorableAddresses(http)
  readIdsAsStored(http)
  validateStrictly(http)
  return http
}

type Timeouts = { keepAliveTimeout?: number; requestTimeout?: number }

/** The server that Fastify would create. */
function listener({ tls }: Config, handle: RequestListener, { keepAliveTimeout, requestTimeout }: Timeouts): Server {
  const server = tls ? createTlsServer(tlsOptions(tls), handle) : createServer(handle)
  return Object.assign(server, { keepAliveTimeout, requestTimeout })
}

/** Validates a body as it is; only path and query, which are text, are converted to the types of the schema. */
function validateStrictly(http: FastifyInstance) {
  const options = {
    strict: false,
    useDefaults: false,
    allowUnionTypes: true,
    formats: { 'date-time': true, uri: true, uuid: true, binary: true },
  } as const
  const exact = new Ajv(options)
  const converting = new Ajv({ ...options, coerceTypes: 'array' })
  http.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? exact : converting).compile(schema as object),
  )
  // Response schemas are documentation: a row is the response.
  http.setSerializerCompiler(() => (data) => JSON.stringify(data))
}
