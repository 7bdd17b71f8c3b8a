import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import type { Permission } from './auth/permission-set.ts'
import { fileSchema } from './deployments/file-schema.ts'
import type { Env } from './env.ts'
import { authenticateDevice, authenticateUser, identifyDevice } from './http/authenticate.ts'
import { parseJsonBodies } from './http/bodies/json-body.ts'
import { configurationDownloadRoutes } from './http/configuration-download.ts'
import { createHttp } from './http/create-http.ts'
import { ddiActionRoutes } from './http/ddi/actions.ts'
import { ddiDownloadRoutes } from './http/ddi/downloads.ts'
import { ddiFastPath } from './http/ddi/fast-path.ts'
import { identifyController } from './http/ddi/identify.ts'
import { configDataRoutes, ddiPollRoutes } from './http/ddi/root.ts'
import { authenticationRoutes } from './http/device/authentication.ts'
import { controlMapRoutes, pollRoutes, pollV2Routes, reportRoutes } from './http/device/deployments.ts'
import { reportConfigurationRoutes } from './http/device/deviceconfig.ts'
import { deviceInventoryRoutes } from './http/device/inventory.ts'
import { inventoryFastPath } from './http/device/inventory-fast-path.ts'
import { logRoutes } from './http/device/logs.ts'
import { type Caller, documentRoutes } from './http/document/document-routes.ts'
import { openapiOptions } from './http/document/openapi.ts'
import { downloadRoutes } from './http/download.ts'
import { healthRoutes } from './http/health.ts'
import type { Http, Routes } from './http/http.ts'
import { honourKeys } from './http/idempotency/honour-keys.ts'
import {
  deltaConfigRoutes,
  directUploadRoutes,
  emailChangeRoutes,
  terminalRoutes,
} from './http/management/absent-features.ts'
import { accessTokenRoutes } from './http/management/access-tokens.ts'
import { artifactRoutes, artifactV2Routes, changeArtifactRoutes } from './http/management/artifacts.ts'
import { auditLogRoutes } from './http/management/audit-log.ts'
import { authSetRoutes } from './http/management/auth-sets.ts'
import { changeReleaseRoutes } from './http/management/change-releases.ts'
import { continueRoutes } from './http/management/continue.ts'
import { createDynamicRoutes, createStaticRoutes, previewRoutes } from './http/management/create-deployments.ts'
import { ddiSettingsRoutes, gatewayTokenRoutes } from './http/management/ddi.ts'
import { ddiDeviceRoutes } from './http/management/ddi-devices.ts'
import { deploymentDeviceRoutes } from './http/management/deployment-devices.ts'
import { deploymentEventRoutes } from './http/management/deployment-events.ts'
import { deploymentExportRoutes } from './http/management/deployment-export.ts'
import {
  deploymentRoutes,
  deploymentsOverviewRoutes,
  listDeploymentRoutes,
  listDeploymentV2Routes,
} from './http/management/deployments.ts'
import { devauthRoutes } from './http/management/devauth.ts'
import { deviceExportRoutes } from './http/management/device-export.ts'
import { deviceconfigRoutes } from './http/management/deviceconfig.ts'
import { downloadLimitRoutes } from './http/management/download-limits.ts'
import { explainRoutes } from './http/management/explain.ts'
import { filterRoutes } from './http/management/filters.ts'
import { groupRoutes } from './http/management/groups.ts'
import { identityRoutes } from './http/management/identities.ts'
import { deliveryRoutes, integrationRoutes } from './http/management/integrations.ts'
import { inventoryRoutes } from './http/management/inventory.ts'
import { loginRoutes } from './http/management/login.ts'
import { mailedLinkRoutes } from './http/management/mailed-links.ts'
import { pinRoutes } from './http/management/pins.ts'
import { providerSignInRoutes } from './http/management/provider-sign-in.ts'
import { recipeRoutes } from './http/management/recipes.ts'
import { releaseRoutes, releaseV2Routes } from './http/management/releases.ts'
import { roleRoutes } from './http/management/roles.ts'
import { roleV1Routes } from './http/management/roles-v1.ts'
import { rolloutRoutes } from './http/management/rollouts.ts'
import { sessionRoutes, signInRoutes } from './http/management/sessions.ts'
import { settingsRoutes } from './http/management/settings.ts'
import { signInProviderRoutes, signInSettingsRoutes } from './http/management/sign-in-providers.ts'
import { softwareRoutes } from './http/management/software.ts'
import { statisticsRoutes } from './http/management/statistics.ts'
import { tenantadmRoutes } from './http/management/tenantadm.ts'
import { tenantRoutes } from './http/management/tenants.ts'
import { timelineRoutes } from './http/management/timeline.ts'
import { twoFactorRoutes } from './http/management/two-factor.ts'
import { uploadRoutes } from './http/management/upload.ts'
import { useradmRoutes } from './http/management/useradm.ts'
import { userRoutes, userV2Routes } from './http/management/users.ts'
import { type FastPath, openFastPath } from './http/traffic/fast-path.ts'
import { mergingSlashes } from './http/traffic/merge-slashes.ts'
import { type Priority, shedLoad } from './http/traffic/shed-load.ts'
import { serveWebUi } from './http/web-ui.ts'

const DOCS_THEME = {
  title: 'Muster API',
  css: [{ filename: 'muster.css', content: '.swagger-ui .topbar { display: none !important }' }],
}

/** The composition root: every route file by name, with its prefix and its callers. */
export async function buildApp(env: Env): Promise<FastifyInstance> {
  const shedding = shedLoad()
  const pollPath = openFastPath(env)
  const ddiPath = ddiFastPath(env)
  const inventoryPath = inventoryFastPath(env)
  const http = createHttp(env, (handle) =>
    mergingSlashes(shedding.wrap(pollPath.wrap(inventoryPath.wrap(ddiPath.wrap(handle))))),
  )
  await http.register(swagger, openapiOptions())
  await http.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true, theme: DOCS_THEME })
  http.get('/api/openapi.json', { schema: { hide: true } }, async () => http.swagger())
  http.get('/api/rollout-file.schema.json', { schema: { hide: true } }, async () => fileSchema())
  await serveWebUi(http)

  const open = (prefix: string, ...routes: Routes[]) => mount(prefix, {}, routes)
  const enrol = (prefix: string, ...routes: Routes[]) => mount(prefix, { priority: 'devices' }, routes)
  const user = (prefix: string, reads: Permission, ...routes: Routes[]) =>
    mount(prefix, { caller: 'user', authenticate: authenticateUser(env, reads) }, routes)
  const inventory = (prefix: string, ...routes: Routes[]) =>
    mount(
      prefix,
      { caller: 'device', priority: 'devices', fastPath: inventoryPath, authenticate: identifyDevice(env) },
      routes,
    )
  const report = (prefix: string, ...routes: Routes[]) =>
    mount(prefix, { caller: 'device', priority: 'reports', authenticate: authenticateDevice(env) }, routes)
  const poll = (prefix: string, ...routes: Routes[]) =>
    mount(
      prefix,
      { caller: 'device', priority: 'polls', fastPath: pollPath, authenticate: identifyDevice(env) },
      routes,
    )
  const ddi = (options: Pick<MountOptions, 'priority' | 'paths' | 'fastPath'>, ...routes: Routes[]) =>
    mount('', { ...options, caller: 'ddi', authenticate: identifyController(env) }, routes)
  function mount(prefix: string, { priority, fastPath, authenticate, caller, ...others }: MountOptions, all: Routes[]) {
    http.register(
      async (scope) => {
        if (priority) shedding.include(scope, priority, others.paths)
        if (caller === 'device' || caller === 'ddi')
          parseJsonBodies(scope, { lenient: true, any_type: caller === 'ddi' })
        fastPath?.include(scope)
        if (authenticate) scope.addHook('onRequest', authenticate)
        if (caller === 'user') honourKeys(scope, env)
        documentRoutes(scope, { caller: caller ?? 'anybody', isShed: priority !== undefined })
        for (const routes of all) routes(scope as unknown as Http, env)
      },
      { prefix },
    )
  }

  open('', healthRoutes, downloadRoutes, configurationDownloadRoutes, terminalRoutes)
  enrol('/api/devices/v1/authentication', authenticationRoutes)
  inventory('/api/devices/v1/inventory', deviceInventoryRoutes)
  poll('/api/devices/v1/deployments', pollRoutes)
  poll('/api/devices/v2/deployments', pollV2Routes)
  report('/api/devices/v1/deployments', reportRoutes, logRoutes)
  report('/api/devices/v2/deployments', controlMapRoutes)
  report('/api/devices/v1/deviceconfig', reportConfigurationRoutes)

  const roots = /^\/[^/]+\/controller\/v1\/[^/]+$/
  ddi({ priority: 'polls', paths: roots, fastPath: ddiPath }, ddiPollRoutes)
  ddi({ priority: 'reports' }, configDataRoutes, ddiActionRoutes)
  ddi({}, ddiDownloadRoutes)

  open('/api/management/v1/useradm', loginRoutes, signInRoutes, mailedLinkRoutes)
  open('/api/management/v1/useradm', providerSignInRoutes)
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
    signInProviderRoutes,
    signInSettingsRoutes,
  )
  user('/api/management/v2/useradm', 'read', roleRoutes, userV2Routes)
  user('/api/management/v1/tenantadm', 'read', tenantadmRoutes)
  user('/api/management/v2/tenantadm', 'read', tenantRoutes)
  user('/api/management/v1/auditlogs', 'read_audit_logs', auditLogRoutes)
  user('/api/management/v2/devauth', 'read_devices', devauthRoutes, authSetRoutes)
  user('/api/management/v2/ddi', 'read_devices', ddiSettingsRoutes, gatewayTokenRoutes, ddiDeviceRoutes)
  user('/api/management/v1/inventory', 'read_devices', inventoryRoutes, groupRoutes)
  user('/api/management/v2/inventory', 'read_devices', filterRoutes, statisticsRoutes, deviceExportRoutes)
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
    rolloutRoutes,
    deploymentsOverviewRoutes,
    timelineRoutes,
    deploymentExportRoutes,
    listDeploymentV2Routes,
    explainRoutes,
    pinRoutes,
    continueRoutes,
    deploymentEventRoutes,
    recipeRoutes,
    downloadLimitRoutes,
  )
  user('/api/management/v1/deployments', 'read_deployments', deltaConfigRoutes)
  user('/api/management/v1/deviceconfig', 'read_devices', deviceconfigRoutes)
  user('/api/management/v1/iot-manager', 'read', integrationRoutes)
  user('/api/management/v2/iot-manager', 'read', deliveryRoutes)
  return http
}

type MountOptions = {
  /** undefined: the requests are served whatever the load. */
  priority?: Priority
  fastPath?: FastPath
  authenticate?: onRequestHookHandler
  caller?: Caller
  /** The paths of the routes, if their URLs have parameters and their priority has a queue. */
  paths?: RegExp
}
