import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { idOf } from './members.ts'
import type { User } from './user.ts'

const USERADM = '/api/management/v1/useradm'
const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'
const DAY_S = 24 * 60 * 60

/** They are saved at the end of the fortnight, so that the rollouts do not depend on them. */
const LIMITS = {
  quiet_hours: { windows: [{ from: '06:30', to: '08:30' }], time_zone: 'Europe/Berlin' },
  ...{ max_downloads: 2000, max_bytes_per_second: 250_000_000 },
  by_attribute: { scope: 'inventory', attribute: 'city', max_downloads: 400 },
}
/** The device that has a configuration. */
export const CONFIGURED = idOf(3)

/** Users, roles, tokens, providers and webhooks: what the pages of settings list. */
export async function arrange({ call }: Pick<User, 'call'>, hook: string): Promise<void> {
  const post = (path: string, body: object) => call('POST', path, body)
  for (const [name, scope] of [
    ['lab crew', ['lab']],
    ['port of Hamburg', ['port-of-hamburg', 'spare-parts-ham']],
  ] as const) {
    const permission_sets_with_scope = [{ name: 'DeployToDevices', scope: { type: 'DeviceGroups', value: scope } }]
    await post('/api/management/v2/useradm/roles', { name, description: 'Deploys there', permission_sets_with_scope })
  }
  const password = 'administrator'
  await post(`${USERADM}/users`, { email: 'alan@example.com', password, roles: ['RBAC_ROLE_OBSERVER'] })
  await post(`${USERADM}/users`, { email: 'frank@example.com', password, roles: ['lab crew', 'RBAC_ROLE_CI'] })
  await post(`${USERADM}/settings/tokens`, { name: 'Uploads by CI', expires_in: 365 * DAY_S })
  await post(`${USERADM}/settings/tokens`, { name: 'Dashboard in the hall', expires_in: 30 * DAY_S })
  await post(`${USERADM}/sign_in_providers`, {
    ...{ name: 'Example Meters', issuer: 'https://login.example.com', client_id: 'muster' },
    ...{ client_secret: 'correct horse', create_users: true, roles_claim: 'groups', default_roles: [] },
    role_mappings: [{ value: 'fleet-operators', roles: ['RBAC_ROLE_DEPLOYMENTS_MANAGER'] }],
  })
  await post('/api/management/v2/ddi/gateway_tokens', { name: 'Plant in Brno' })
  const events = ['deployment-tripped', 'deployment-paused', 'deployment-finished']
  for (const [description, format] of [
    ['Chat of the operators', 'slack'],
    ['Tickets', 'json'],
  ] as const) {
    const credentials = { type: 'http', http: { url: `${hook}/${format}`, secret: '8f3c21d0' } }
    await post(INTEGRATIONS, { provider: 'webhook', description, format, events, credentials })
  }
}

/** The limits of downloads, and the configuration of a device. */
export async function configure({ call }: Pick<User, 'call'>): Promise<void> {
  const configuration = { timezone: 'Europe/Berlin', 'meter-bus-baud': '9600', 'led-brightness': '40' }
  await call('PUT', `/api/management/v1/deviceconfig/configurations/device/${CONFIGURED}`, configuration)
  await call('PUT', '/api/management/v2/deployments/download_limits', LIMITS)
}

/** Accepts what webhooks send. */
export async function startHook(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end('ok'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
