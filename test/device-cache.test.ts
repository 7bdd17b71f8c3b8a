import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Noted } from '../src/db/invalidations/change-feed.ts'
import { DeviceCache, type Lease } from '../src/db/invalidations/device-cache.ts'
import { Tracking } from '../src/db/invalidations/tracking.ts'

const DEVICES = 2
const TENANT = 'tenant'
const deviceOf = (i: number) => ({
  tenant_id: TENANT,
  device_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
})

type Row = [device_version: number, deployments_version: number]
/** A poll that is between its reads and its result. */
type Pending = { device: number; lease: Lease; row: Row }

/** A database, and a process that reads its changes and caches devices. */
class Model {
  readonly versions = new Array<number>(DEVICES).fill(1)
  deployments_version = 1
  /** Committed, and not yet read by the process. */
  committed: Noted[] = []
  /** Read, and not yet applied: a read takes as long as it takes. */
  reads: { complete: boolean; invalidations: Noted[] }[] = []
  readonly tracking = new Tracking()
  readonly cache = new DeviceCache<Row>(this.tracking, { size: 100, width: 2, version_at: 0, by_deployments: true })
  readonly pending: Pending[] = []

  constructor() {
    this.tracking.apply({ complete: false, invalidations: [] })
  }

  changeDevice(i: number) {
    const device_version = ++this.versions[i]!
    this.committed.push({ xid: '1', ...deviceOf(i), device_version })
  }
  changeTenant() {
    this.deployments_version++
    this.committed.push({ xid: '1', tenant_id: TENANT, device_id: null })
  }
  read(complete: boolean) {
    this.reads.push({ complete, invalidations: complete ? this.committed : [] })
    this.committed = []
  }
  applyOne() {
    const read = this.reads.shift()
    if (read) this.tracking.apply(read)
  }
  begin(i: number) {
    if (this.pending.length === 2) return
    const lease = this.cache.lease(deviceOf(i))
    // The versions are read at once or, which `between` steps simulate, some time after the lease.
    this.pending.push({ device: i, lease, row: [Number.NaN, Number.NaN] })
  }
  readState(at: number) {
    const poll = this.pending[at % this.pending.length]
    if (poll) poll.row = [this.versions[poll.device]!, this.deployments_version]
  }
  finish(at: number, kind: 'set' | 'confirm') {
    const [poll] = this.pending.splice(at % Math.max(1, this.pending.length), 1)
    if (!poll || Number.isNaN(poll.row[0])) return
    const device = deviceOf(poll.device)
    if (kind === 'set') return this.cache.set(device, poll.row, poll.lease)
    const cached = this.cache.get(device)
    // As after a comparison in the database: only what holds there is confirmed.
    if (cached?.[0] === poll.row[0] && cached[1] === poll.row[1]) this.cache.confirm(device, poll.lease)
  }
  /** What a poll does that arrives now: it reads what is committed, waits for what was read before, and looks. */
  check() {
    this.read(true)
    while (this.reads.length > 0) this.applyOne()
    for (let i = 0; i < DEVICES; i++) {
      const row = this.cache.get(deviceOf(i))
      if (!row || !this.cache.isCurrent(TENANT, row)) continue
      expect([row[0], row[1]]).toEqual([this.versions[i], this.deployments_version])
      this.found++
    }
  }
  found = 0
}

const of = <Kind extends string>(weight: number, what: Kind, limit = 0) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(what), at: fc.nat(limit) }),
})
const step = fc.oneof(
  ...[of(6, 'begin' as const, DEVICES - 1), of(5, 'state' as const, 5), of(5, 'set' as const, 5)],
  ...[of(3, 'confirm' as const, 5), of(2, 'device' as const, DEVICES - 1), of(1, 'tenant' as const)],
  ...[of(2, 'read' as const), of(3, 'apply' as const), of(3, 'check' as const), of(1, 'lose' as const)],
)

test('no row is current whose versions are no longer those of the database, whatever overlaps', () => {
  let found = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 90 }), (steps) => {
      const model = new Model()
      for (const { do: what, at } of steps)
        switch (what) {
          case 'device':
            model.changeDevice(at)
            break
          case 'tenant':
            model.changeTenant()
            break
          case 'begin':
            model.begin(at)
            break
          case 'state':
            model.readState(at)
            break
          case 'set':
          case 'confirm':
            model.finish(at, what)
            break
          case 'read':
            model.read(true)
            break
          case 'lose':
            model.read(false)
            break
          case 'apply':
            model.applyOne()
            break
          case 'check':
            model.check()
        }
      model.check()
      found += model.found
    }),
    { numRuns: 20_000 },
  )
  // The property would hold for a cache without current rows.
  expect(found).toBeGreaterThan(1000)
})

test('a row stays current through changes to other devices, and through the change that it was read after', () => {
  const model = new Model()
  model.changeDevice(0)
  model.begin(0)
  model.readState(0)
  model.finish(0, 'set')
  model.check()
  model.changeDevice(1)
  model.check()
  expect(model.found).toBe(2)
})

test('a row of which only the deployments have changed stays current in a cache that does not depend on them', () => {
  const tracking = new Tracking()
  const cache = new DeviceCache<Row>(tracking, { size: 100, width: 2, version_at: 0, by_deployments: false })
  cache.set(deviceOf(0), [1, 1], cache.lease(deviceOf(0)))
  tracking.apply({ complete: true, invalidations: [{ xid: '1', tenant_id: TENANT, device_id: null }] })
  expect(cache.isCurrent(TENANT, cache.get(deviceOf(0))!)).toBe(true)
  tracking.apply({ complete: true, invalidations: [{ xid: '1', tenant_id: null }] })
  expect(cache.isCurrent(TENANT, cache.get(deviceOf(0))!)).toBe(false)
})
