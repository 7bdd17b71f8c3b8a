import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Ajv } from 'ajv'
import fastify, { type FastifyInstance, LogController, type onRequestHookHandler } from 'fastify'
import type { Permission } from './auth/permission-set.ts'
import type { Config } from './config.ts'
import type { Env } from './env.ts'
import { authenticateDevice, authenticateUser, identifyDevice } from './http/authenticate.ts'
import { refuseEncodedBodies } from './http/bodies/content-encoding.ts'
import { parseJsonBodies } from './http/bodies/json-body.ts'
import { authenticationRoutes } from './http/device/authentication.ts'
import { controlMapRoutes, pollRoutes, pollV2Routes, reportRoutes } from './http/device/deployments.ts'
import { deviceInventoryRoutes } from './http/device/inventory.ts'
import { logRoutes } from './http/device/logs.ts'
import { documentRoutes } from './http/document/document-routes.ts'
import { openapiOptions } from './http/document/openapi.ts'
import { downloadRoutes } from './http/download.ts'
import { answerErrors } from './http/error-handler.ts'
import { healthRoutes } from './http/health.ts'
import { type Http, type Routes, requestId } from './http/http.ts'
import { readIdsAsStored } from './http/ids.ts'
import {
  deltaConfigRoutes,
  directUploadRoutes,
  emailChangeRoutes,
  integrationRoutes,
} from './http/management/absent-features.ts'
import { accessTokenRoutes } from './http/management/access-tokens.ts'
import { artifactRoutes, artifactV2Routes, changeArtifactRoutes } from './http/management/artifacts.ts'
import { auditLogRoutes } from './http/management/audit-log.ts'
import { authSetRoutes } from './http/management/auth-sets.ts'
import { changeReleaseRoutes } from './http/management/change-releases.ts'
import { createDynamicRoutes, createStaticRoutes, previewRoutes } from './http/management/create-deployments.ts'
import { deploymentDeviceRoutes, explainRoutes } from './http/management/deployment-devices.ts'
import { deploymentEventRoutes } from './http/management/deployment-events.ts'
import {
  deploymentRoutes,
  deploymentsOverviewRoutes,
  listDeploymentRoutes,
  listDeploymentV2Routes,
} from './http/management/deployments.ts'
import { devauthRoutes } from './http/management/devauth.ts'
import { filterRoutes } from './http/management/filters.ts'
import { groupRoutes } from './http/management/groups.ts'
import { identityRoutes } from './http/management/identities.ts'
import { inventoryRoutes } from './http/management/inventory.ts'
import { loginRoutes } from './http/management/login.ts'
import { releaseRoutes, releaseV2Routes } from './http/management/releases.ts'
import { roleRoutes } from './http/management/roles.ts'
import { roleV1Routes } from './http/management/roles-v1.ts'
import { sessionRoutes, signInRoutes } from './http/management/sessions.ts'
import { settingsRoutes } from './http/management/settings.ts'
import { softwareRoutes } from './http/management/software.ts'
import { statisticsRoutes } from './http/management/statistics.ts'
import { tenantadmRoutes } from './http/management/tenantadm.ts'
import { tenantRoutes } from './http/management/tenants.ts'
import { twoFactorRoutes } from './http/management/two-factor.ts'
import { uploadRoutes } from './http/management/upload.ts'
import { useradmRoutes } from './http/management/useradm.ts'
import { userRoutes, userV2Routes } from './http/management/users.ts'
import { countRequests } from './http/traffic/count-requests.ts'
import { type FastPath, openFastPath } from './http/traffic/fast-path.ts'
import { readingForwarded } from './http/traffic/forwarded.ts'
import { logRequests } from './http/traffic/log-requests.ts'
import { mergingSlashes } from './http/traffic/merge-slashes.ts'
import { answerUnknownRoutes } from './http/traffic/methods.ts'
import { refuseAddress, refuseConnection, refuseTunnel, requireStorableAddresses } from './http/traffic/refuse-early.ts'
import { onRequestEnd } from './http/traffic/request-outcome.ts'
import { type Priority, shedLoad } from './http/traffic/shed-load.ts'
import { trustsProxies } from './http/traffic/trusted-proxies.ts'
import { serveWebUi } from './http/web-ui.ts'
import { readKeyPair } from './tls.ts'

const BODY_LIMIT = 1024 * 1024
const DOCS_THEME = {
  title: 'Muster API',
  css: [{ filename: 'muster.css', content: '.swagger-ui .topbar { display: none !important }' }],
}

/** The composition root: every route file by name, with its prefix and its callers. */
export async function buildApp(env: Env): Promise<FastifyInstance> {
  const shedding = shedLoad()
  const pollPath = openFastPath(env)
  const http = createHttp(env, (handle) => mergingSlashes(shedding.wrap(pollPath.wrap(handle))))
  await http.register(swagger, openapiOptions())
  await http.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true, theme: DOCS_THEME })
  http.get('/api/openapi.json', { schema: { hide: true } }, async () => http.swagger())
  await serveWebUi(http)

  const open = (prefix: string, ...routes: Routes[]) => mount(prefix, {}, routes)
  const enrol = (prefix: string, ...routes: Routes[]) => mount(prefix, { priority: 'devices' }, routes)
  const user = (prefix: string, reads: Permission, ...routes: Routes[]) =>
    mount(prefix, { caller: 'user', authenticate: authenticateUser(env, reads) }, routes)
  const device = (prefix: string, ...routes: Routes[]) =>
    mount(prefix, { caller: 'device', priority: 'devices', authenticate: identifyDevice(env) }, routes)
  const report = (prefix: string, ...routes: Routes[]) =>
    mount(prefix, { caller: 'device', priority: 'reports', authenticate: authenticateDevice(env) }, routes)
  const poll = (prefix: string, ...routes: Routes[]) =>
    mount(
      prefix,
      { caller: 'device', priority: 'polls', fastPath: pollPath, authenticate: identifyDevice(env) },
      routes,
    )
  function mount(prefix: string, { priority, fastPath, authenticate, caller }: MountOptions, all: Routes[]) {
    http.register(
      async (scope) => {
        if (priority) shedding.include(scope, priority)
        if (caller === 'device') parseJsonBodies(scope, { lenient: true })
        if (authenticate) scope.addHook('onRequest', authenticate)
        fastPath?.include(scope)
        documentRoutes(scope, { caller: caller ?? 'anybody', isShed: priority !== undefined })
        for (const routes of all) routes(scope as unknown as Http, env)
      },
      { prefix },
    )
  }

  open('', healthRoutes, downloadRoutes)
  enrol('/api/devices/v1/authentication', authenticationRoutes)
  device('/api/devices/v1/inventory', deviceInventoryRoutes)
  poll('/api/devices/v1/deployments', pollRoutes)
  poll('/api/devices/v2/deployments', pollV2Routes)
  report('/api/devices/v1/deployments', reportRoutes, logRoutes)
  report('/api/devices/v2/deployments', controlMapRoutes)

  open('/api/management/v1/useradm', loginRoutes, signInRoutes)
  user(
    '/api/management/v1/useradm',
    'read',
    useradmRoutes,
    sessionRoutes,
    userRoutes,
    settingsRoutes,
    accessTokenRoutes,
    twoFactorRoutes,
    roleV1Routes,
    emailChangeRoutes,
  )
  user('/api/management/v2/useradm', 'read', roleRoutes, userV2Routes)
  user('/api/management/v1/tenantadm', 'read', tenantadmRoutes)
  user('/api/management/v2/tenantadm', 'read', tenantRoutes)
  user('/api/management/v1/auditlogs', 'read_audit_logs', auditLogRoutes)
  user('/api/management/v2/devauth', 'read_devices', devauthRoutes, authSetRoutes)
  user('/api/management/v1/inventory', 'read_devices', inventoryRoutes, groupRoutes)
  user('/api/management/v2/inventory', 'read_devices', filterRoutes, statisticsRoutes)
  user('/api/management/v2alpha1/inventory', 'read_devices', identityRoutes)
  user('/api/management/v1alpha1/deployments', 'read_releases', softwareRoutes)
  user(
    '/api/management/v1/deployments',
    'read_releases',
    uploadRoutes,
    artifactRoutes,
    changeArtifactRoutes,
    releaseRoutes,
    directUploadRoutes,
  )
  user('/api/management/v2/deployments', 'read_releases', artifactV2Routes, releaseV2Routes, changeReleaseRoutes)
  user(
    '/api/management/v1/deployments',
    'read_deployments',
    createStaticRoutes,
    listDeploymentRoutes,
    deploymentRoutes,
    deploymentDeviceRoutes,
  )
  user(
    '/api/management/v2/deployments',
    'read_deployments',
    createDynamicRoutes,
    previewRoutes,
    deploymentsOverviewRoutes,
    listDeploymentV2Routes,
    explainRoutes,
    deploymentEventRoutes,
  )
  user('/api/management/v1/deployments', 'read_deployments', deltaConfigRoutes)
  user('/api/management/v1/iot-manager', 'read', integrationRoutes)
  return http
}

type MountOptions = {
  /** undefined: the requests are served whatever the load. */
  priority?: Priority
  fastPath?: FastPath
  authenticate?: onRequestHookHandler
  caller?: 'user' | 'device'
}

function createHttp(env: Env, wrap: (handle: RequestListener) => RequestListener): FastifyInstance {
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
  const server = tls ? createTlsServer(readKeyPair(tls), handle) : createServer(handle)
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
