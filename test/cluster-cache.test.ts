import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Noted } from '../src/db/invalidations/change-feed.ts'
import { DeviceCache, type Lease } from '../src/db/invalidations/device-cache.ts'
import { Tracking } from '../src/db/invalidations/tracking.ts'

const DEVICES = 2
const TENANT = 'tenant'
const deviceOf = (i: number) => ({
  tenant_id: TENANT,
  device_id: `00000000-0000-4000-8000-${`${i}`.padStart(12, '0')}`,
})

/** `listed`: how many deployments that name the device were created, and how many it was assigned. */
type State = { device_version: number; assigned: number; listed: number }
type Row = [device_version: number, deployments_version: number, assigned: number, listed: number]
/** The part of a transaction that is prepared on the machine of a device, and not yet committed there. */
type Part = { xid: number; device: number; change: Partial<State>; deployments_version?: number }
type Pending = { device: number; lease: Lease; row: Row | undefined; deployments_version: number | undefined }

/**
 * A cluster, whose coordinator shows a transaction before the machines of the devices do, and a process that reads its
 * changes and caches devices. Each device is on a machine of its own.
 */
class Model {
  next_xid = 1
  deployments_version = 0
  readonly machines: State[] = Array.from({ length: DEVICES }, () => ({ device_version: 1, assigned: 0, listed: 0 }))
  readonly acknowledged: State[] = this.machines.map((state) => ({ ...state }))
  acknowledged_deployments = 0
  readonly prepared: Part[] = []
  settled = new Array<number>(DEVICES).fill(0)
  committed: Noted[] = []
  reads: { complete: boolean; invalidations: Noted[]; cluster: { end: number; settled: number[] } }[] = []
  readonly pending: Pending[] = []
  readonly tracking = new Tracking({ shards: { shardOf: (id) => Number(id.at(-1)), machineOf: (shard) => shard } })
  readonly cache = new DeviceCache<Row>(this.tracking, { size: 100, width: 4, version_at: 0, by_deployments: true })
  found = 0

  /** A device is locked until its part of a transaction is committed. */
  change(kind: 'version' | 'claim' | 'listing', device: number) {
    if (this.prepared.some((part) => part.device === device)) return
    const xid = this.next_xid++
    const { device_version, assigned, listed } = this.machines[device]!
    if (kind === 'version')
      this.begin({ xid, device, change: { device_version: device_version + 1 } }, device_version + 1)
    if (kind === 'claim') this.begin({ xid, device, change: { assigned: assigned + 1 } }, null)
    if (kind !== 'listing') return
    const deployments_version = ++this.deployments_version
    this.prepared.push({ xid, device, change: { listed: listed + 1 }, deployments_version })
    this.committed.push({ xid: `${xid}`, tenant_id: TENANT, device_id: null })
  }
  begin(part: Part, device_version: number | null) {
    this.prepared.push(part)
    this.committed.push({ xid: `${part.xid}`, ...deviceOf(part.device), device_version })
  }
  commitPrepared(at: number) {
    const [part] = this.prepared.splice(at % Math.max(1, this.prepared.length), 1)
    if (!part) return
    Object.assign(this.machines[part.device]!, part.change)
    Object.assign(this.acknowledged[part.device]!, part.change)
    this.acknowledged_deployments = Math.max(this.acknowledged_deployments, part.deployments_version ?? 0)
  }
  settle() {
    this.settled = this.settled.map((_, shard) =>
      Math.min(this.next_xid, ...this.prepared.filter(({ device }) => device === shard).map(({ xid }) => xid)),
    )
  }
  read(complete: boolean) {
    const cluster = { end: this.next_xid, settled: [...this.settled] }
    this.reads.push({ complete, invalidations: complete ? this.committed : [], cluster })
    this.committed = []
  }
  applyOne() {
    const read = this.reads.shift()
    if (read) this.tracking.apply(read)
  }
  lease(device: number) {
    if (this.pending.length < 3)
      this.pending.push({
        ...{ device, lease: this.cache.lease(deviceOf(device)), row: undefined, deployments_version: undefined },
      })
  }
  /** First on the coordinator, then, some steps later, on the machine of the device. */
  readState(at: number) {
    const poll = this.pending[at % this.pending.length]
    if (!poll) return
    if (poll.deployments_version === undefined) {
      poll.deployments_version = this.deployments_version
      return
    }
    const { device_version, assigned, listed } = this.machines[poll.device]!
    poll.row ??= [device_version, poll.deployments_version, assigned, listed]
  }
  finish(at: number) {
    const [poll] = this.pending.splice(at % Math.max(1, this.pending.length), 1)
    if (poll?.row) this.cache.set(deviceOf(poll.device), poll.row, poll.lease)
  }
  poll(device: number) {
    const lease = this.cache.lease(deviceOf(device))
    const { device_version, assigned, listed } = this.machines[device]!
    this.cache.set(deviceOf(device), [device_version, this.deployments_version, assigned, listed], lease)
  }
  check() {
    this.read(true)
    while (this.reads.length > 0) this.applyOne()
    for (let i = 0; i < DEVICES; i++) {
      const row = this.cache.get(deviceOf(i))
      if (!row || !this.cache.isCurrent(TENANT, row)) continue
      const { device_version, assigned, listed } = this.acknowledged[i]!
      expect(row[0]).toBeGreaterThanOrEqual(device_version)
      expect(row[1]).toBeGreaterThanOrEqual(this.acknowledged_deployments)
      expect(row[2]).toBeGreaterThanOrEqual(assigned)
      expect(row[3]).toBeGreaterThanOrEqual(listed)
      this.found++
    }
  }
}

const STEPS = {
  version: [2, (model: Model, at: number) => model.change('version', at % DEVICES)],
  claim: [2, (model: Model, at: number) => model.change('claim', at % DEVICES)],
  listing: [2, (model: Model, at: number) => model.change('listing', at % DEVICES)],
  commitPrepared: [6, (model: Model, at: number) => model.commitPrepared(at)],
  settle: [3, (model: Model) => model.settle()],
  lease: [8, (model: Model, at: number) => model.lease(at % DEVICES)],
  readState: [14, (model: Model, at: number) => model.readState(at)],
  finish: [5, (model: Model, at: number) => model.finish(at)],
  poll: [4, (model: Model, at: number) => model.poll(at % DEVICES)],
  read: [3, (model: Model) => model.read(true)],
  apply: [4, (model: Model) => model.applyOne()],
  check: [4, (model: Model) => model.check()],
  lose: [1, (model: Model) => model.read(false)],
} as const
type Name = keyof typeof STEPS
const step = fc.oneof(
  ...(Object.keys(STEPS) as Name[]).map((name) => ({
    weight: STEPS[name][0],
    arbitrary: fc.record({ name: fc.constant(name), at: fc.nat(5) }),
  })),
)

test('no row is current that lacks an acknowledged change, whenever machines of the cluster show it', () => {
  let found = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), (steps) => {
      const model = new Model()
      model.read(false)
      for (const { name, at } of steps) STEPS[name][1](model, at)
      while (model.prepared.length > 0) model.commitPrepared(0)
      model.check()
      found += model.found
    }),
    { numRuns: 20_000 },
  )
  // The property would hold for a cache without current rows.
  expect(found).toBeGreaterThan(1000)
})

test('a row is current at once if it shows the change that is noted, and otherwise once the change is settled', () => {
  const model = new Model()
  const poll = () => {
    model.lease(0)
    model.readState(0)
    model.readState(0)
    model.finish(0)
    const before = model.found
    model.check()
    return model.found > before
  }
  model.read(false)
  model.applyOne()
  expect(poll()).toBe(false)
  model.settle()
  model.check()
  expect(poll()).toBe(true)
  model.change('version', 0)
  model.check()
  expect(poll()).toBe(false)
  model.commitPrepared(0)
  expect(poll()).toBe(true)
  model.change('claim', 0)
  model.check()
  expect(poll()).toBe(false)
  model.commitPrepared(0)
  expect(poll()).toBe(false)
  model.settle()
  model.check()
  expect(poll()).toBe(true)
})
