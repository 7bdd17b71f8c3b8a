import { expect } from 'vitest'
import { bounded } from '../../src/client/bounded.ts'
import { type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from './artifact.ts'
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
  const devices = await enrol(server, tenant, n, { foo: 'foo' })
  const twins = devices.map((device) =>
    rivals.urls.map((url) => {
      const twin = simulateDevice({ url, identity: device.identity })
      twin.token = device.token
      return twin
    }),
  )
  return { tenant, filter_id, twins }
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
