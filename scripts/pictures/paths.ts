import type { Deployment } from '../../src/deployments/deployment.ts'
import { RELEASES } from './members.ts'
import { CONFIGURED } from './settings.ts'
import type { User } from './user.ts'

const DEPLOYMENTS = '/api/management/v1/deployments/deployments'
export type Paths = Record<string, string>

/** The pages of the web UI, by a short name. */
export async function findPaths({ call }: Pick<User, 'call'>): Promise<Paths> {
  const deployments: Deployment[] = (await call('GET', `${DEPLOYMENTS}?per_page=50`)).body
  const idOf = (name: string) => deployments.find((one) => one.name === name)?.id ?? ''
  const report = idOf(`${RELEASES.fixed} in Europe`)
  const failed = (await call('GET', `${DEPLOYMENTS}/${report}/devices/list?status=failure&per_page=20`)).body
  const device = failed.find((one: { log: boolean }) => one.log) ?? failed[0]
  const settings = [
    'account',
    'users',
    'roles',
    'sign-in',
    'downloads',
    'recipes',
    'audit-log',
    'ddi',
    'devices',
    'access-tokens',
    'tenant',
    'webhooks',
  ]
  return {
    ...{ overview: '/', devices: '/devices', device: `/devices/${device?.id}`, groups: '/groups', filters: '/filters' },
    configured: `/devices/${CONFIGURED}`,
    ...{ releases: '/releases', release: `/releases/${RELEASES.fixed}`, deployments: '/deployments' },
    ...{ report: `/deployments/${report}`, tripped: `/deployments/${idOf(`${RELEASES.broken} in Europe`)}` },
    ...{ approval: `/deployments/${idOf(`${RELEASES.fixed} in Asia-Pacific`)}` },
    ...{ finished: `/deployments/${idOf(`${RELEASES.stable} everywhere`)}` },
    ...{ new: `/deployments/new?release=${RELEASES.fixed}`, missing: '/devices/none', settings: '/settings' },
    ...Object.fromEntries(settings.map((name) => [`settings-${name}`, `/settings/${name}`])),
  }
}
