import { type Key, NumericCache } from '../memory/numeric-cache.ts'
import type { Entry } from '../memory/numeric-table.ts'
import type { UuidNumbers } from '../memory/uuid-numbers.ts'
import type { Tracked, Tracking } from './tracking.ts'

/**
 * Permission to mark a row as current: given before its content is read from the database, and void after a change to
 * the device. Without it, a change that was applied in between would be missed. One of another cache, which is that of
 * another history of the database, permits nothing.
 */
export type Lease = {
  readonly number: number
  readonly stamp: number
  readonly cache: object
  /** What is read may be marked as current if it has this version of the device, or a later one. */
  readonly floor: number
}

type DeviceKey = { tenant_id: string; device_id: string }

type Options = {
  /** As of `NumericCache`. */
  size: number
  /** Numbers of a row. */
  width: number
  /** Which of the numbers is the `device_version` that the row is about. */
  version_at: number
  /** Whether the rows depend on the deployments of the tenant. */
  by_deployments: boolean
}

/**
 * Rows of numbers about devices, with the versions at which they hold. A row is current while no change has been read
 * that concerns it; the versions of any other row must be compared with those in the database.
 */
export class DeviceCache<Row extends readonly number[]> implements Tracked {
  readonly #rows: NumericCache<readonly number[]>
  readonly #tracking: Tracking
  readonly #options: Options
  /** Where the stamp is; of a row under a lease, the negative number of the lease. */
  readonly #stamp_at: number
  readonly #nothing: readonly number[]
  #leases = 0

  constructor(tracking: Tracking, options: Options) {
    this.#rows = new NumericCache(options.size, options.width + 1)
    this.#tracking = tracking
    this.#options = options
    this.#stamp_at = options.width
    this.#nothing = new Array<number>(options.width).fill(0)
    tracking.add(this)
  }

  get(device: DeviceKey): Row | undefined {
    return this.#rows.get(keyOf(device)) as unknown as Row | undefined
  }

  /** `row`: as just returned by `get`. */
  isCurrent(tenant_id: string, row: Row): boolean {
    return this.#covers(tenant_id, row[this.#stamp_at] as number)
  }

  /** The row of a device by its id alone, if it is current; valid until anything else is done with the cache. */
  findCurrent(id: UuidNumbers): Entry | undefined {
    const entry = this.#rows.find(id)
    if (!entry) return undefined
    return this.#covers(this.#rows.tenantOf(entry), entry.get(this.#stamp_at)) ? entry : undefined
  }

  tenantOf(entry: Entry): string {
    return this.#rows.tenantOf(entry)
  }

  /** Changes one number of a row, which says nothing about the device. */
  update(device: DeviceKey, at: number, number: number): void {
    this.#rows.update(keyOf(device), at, number)
  }

  /** The row is not current until it is set or confirmed by this lease. */
  lease(device: DeviceKey): Lease {
    const number = ++this.#leases
    const key = keyOf(device)
    if (!this.#rows.update(key, this.#stamp_at, -number)) this.#rows.set(key, [...this.#nothing, -number])
    return { number, stamp: this.#tracking.stamp, cache: this, floor: this.#tracking.floors.of(device) }
  }

  set(device: DeviceKey, row: Row, lease: Lease): void {
    if (lease.cache !== this) return
    const isCurrent = this.#holds(device, lease) && this.#versionOf(row) >= lease.floor
    this.#rows.set(keyOf(device), [...row, isCurrent ? lease.stamp : OUTDATED])
  }

  /** A row whose versions are to be compared before it is current. */
  setOutdated(device: DeviceKey, row: Row): void {
    this.#rows.set(keyOf(device), [...row, OUTDATED])
  }

  /** The versions of the row were compared. */
  confirm(device: DeviceKey, lease: Lease): void {
    const row = this.get(device)
    if (!row || !this.#holds(device, lease)) return
    const isCurrent = this.#versionOf(row) >= lease.floor
    this.#rows.update(keyOf(device), this.#stamp_at, isCurrent ? lease.stamp : OUTDATED)
  }

  forget(device: DeviceKey): void {
    this.setOutdated(device, this.#nothing as unknown as Row)
  }

  invalidate({ device_version, ...device }: DeviceKey & { device_version: number | null }): void {
    const row = this.get(device)
    if (!row) return
    // What is read under a lease is no older than what was cached before: the version that is cached decides here, too.
    const isNews = device_version === null || device_version > this.#versionOf(row)
    if (isNews) this.#rows.update(keyOf(device), this.#stamp_at, OUTDATED)
  }

  #versionOf(row: Row): number {
    return row[this.#options.version_at] as number
  }

  #covers(tenant_id: string, stamp: number): boolean {
    return this.#options.by_deployments
      ? this.#tracking.coversDeployments(tenant_id, stamp)
      : this.#tracking.covers(stamp)
  }

  #holds(device: DeviceKey, { number, cache }: Lease): boolean {
    return cache === this && this.get(device)?.[this.#stamp_at] === -number
  }
}

const OUTDATED = 0

const keyOf = ({ tenant_id, device_id }: DeviceKey): Key => ({ tenant_id, id: device_id })
