import { expect } from 'vitest'
import { bounded } from '../../src/client/bounded.ts'
import { sql } from '../../src/db/sql.ts'
import { type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from './api.ts'
import { uploadTestArtifact } from './artifact.ts'
import { gatewayOf } from './ddi.ts'
import { enrolDdiDevices, uploadDdiFile } from './ddi-device.ts'
import { type DeploymentOf, ddiTwin } from './ddi-twin.ts'
import { inventoryTerm, poll, saveFilter } from './deploy.ts'
import { enrol } from './device.ts'
import type { Rivals } from './rivals.ts'
import type { TestServer, TestTenant } from './server.ts'

/** One device as a client of each of the two processes. */
export type Twin = readonly SimulatedDevice[]

export type Fleet = { tenant: TestTenant; filter_id: string; twins: Twin[] }

const AT_ONCE = 200

/** A new tenant with `release-1` and `n` accepted devices, which match the filter. */
export async function makeTwins(server: TestServer, rivals: Pick<Rivals, 'urls'>, n: number): Promise<Fleet> {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  return { tenant, filter_id, twins: await makeMenderTwins(server, rivals, { tenant, n }) }
}

/** The same; every third device speaks DDI. */
export async function makeMixedTwins(server: TestServer, rivals: Pick<Rivals, 'urls'>, n: number): Promise<Fleet> {
  const tenant = await server.tenant()
  await uploadMixed(tenant.api, 'release-1')
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const ddi = await makeDdiTwins(server, rivals, { tenant, n: Math.floor(n / 3) })
  const mender = await makeMenderTwins(server, rivals, { tenant, n: n - ddi.length })
  return { tenant, filter_id, twins: Array.from({ length: n }, (_, i) => (i % 3 === 2 ? ddi : mender).shift()!) }
}

/** A release with an artifact for each dialect. */
export async function uploadMixed(api: Api, name: string): Promise<void> {
  await uploadTestArtifact(api, { name })
  await uploadDdiFile(api, name)
}

type Group = { tenant: TestTenant; n: number }

async function makeMenderTwins(
  server: TestServer,
  rivals: Pick<Rivals, 'urls'>,
  { tenant, n }: Group,
): Promise<Twin[]> {
  const devices = await enrol(server, tenant, n, { foo: 'foo' })
  return devices.map((device) =>
    rivals.urls.map((url) => {
      const twin = simulateDevice({ url, identity: device.identity })
      twin.token = device.token
      return twin
    }),
  )
}

async function makeDdiTwins(server: TestServer, rivals: Pick<Rivals, 'urls'>, { tenant, n }: Group): Promise<Twin[]> {
  const { api, tenant_id } = tenant
  const authorization = await gatewayOf({ api })
  const attributes = () => ({ foo: 'foo', device_type: 'qemux86-64' })
  const enrolment = { url: server.url, api, tenant: tenant_id, authorization, count: n, attributes }
  const deploymentOf: DeploymentOf = async (device_id, action_id) =>
    (
      await server.env.db.first<{ deployment_id: string }>(sql`
      select deployment_id from ddi_actions
      where tenant_id = ${tenant_id} and device_id = ${device_id} and action_id = ${action_id}`)
    )?.deployment_id
  return (await enrolDdiDevices(enrolment)).map((enrolled) => {
    const twin = ddiTwin(enrolled, { url: server.url, tenant: tenant_id, deploymentOf })
    return rivals.urls.map((url) => twin.at(url))
  })
}

/**
 * Every device polls both processes. Returns the devices that got an offer, each once. In random order, so that
 * the processes work on different devices at the same moment and only the deployment's lock is between them.
 */
export async function storm(twins: readonly Twin[]): Promise<Set<string>> {
  const askers = shuffled(twins.flat())
  const responses = await bounded(AT_ONCE, askers, (device) => poll(device))
  for (const { status } of responses) expect([200, 204]).toContain(status)
  return new Set(askers.filter((_, i) => responses[i]?.status === 200).map(({ id }) => id))
}

export const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
