import type { Distribution } from '../citus/shards.ts'
import type { Changes, Invalidation } from './change-feed.ts'
import { Floors } from './floors.ts'

/** A cache that drops nothing, but must know what is no longer current. */
export type Tracked = {
  invalidate(invalidation: Extract<Invalidation, { device_id: string }>): void
}

/**
 * Which of the rows cached by this process are current: as of the latest changes that it has read. A row has the stamp
 * of the moment it was read from the database; a change to all devices, or to those of a tenant, raises the stamp that
 * they need.
 */
export class Tracking {
  readonly #caches: Tracked[] = []
  #stamp = 1
  #required = 1
  #changes = 0
  readonly #required_by_tenant = new Map<string, number>()
  readonly floors: Floors

  constructor(distribution: Distribution = { shards: undefined }) {
    this.floors = new Floors(distribution)
  }

  /** The stamp of what is read from now on. */
  get stamp(): number {
    return this.#stamp
  }

  add(cache: Tracked): void {
    this.#caches.push(cache)
  }

  /** Grows with each change: while it stays, what was current still is. */
  get changes(): number {
    return this.#changes
  }

  /** Whether a row with this stamp has missed no change that concerns every device. */
  covers(stamp: number): boolean {
    return stamp >= this.#required
  }

  /** The same, and no change to the deployments of the tenant. */
  coversDeployments(tenant_id: string, stamp: number): boolean {
    return stamp >= this.#required && stamp >= (this.#required_by_tenant.get(tenant_id) ?? 0)
  }

  apply(changes: Changes): void {
    const { complete, invalidations } = changes
    this.floors.apply(changes)
    if (!complete || invalidations.length > 0) this.#changes++
    if (!complete) this.#invalidateAll()
    for (const invalidation of invalidations) this.#invalidate(invalidation)
  }

  #invalidate(invalidation: Invalidation): void {
    if (invalidation.tenant_id === null) this.#invalidateAll()
    else if (invalidation.device_id === null) this.#required_by_tenant.set(invalidation.tenant_id, ++this.#stamp)
    else for (const cache of this.#caches) cache.invalidate(invalidation)
  }

  #invalidateAll(): void {
    this.#required = ++this.#stamp
    this.#required_by_tenant.clear()
  }
}
