import type { Distribution } from '../citus/shards.ts'
import type { Changes, ClusterState, Noted } from './change-feed.ts'

/** A change that may not be visible on the machine of the device yet. */
type Open = { xid: number; floor: number }

const NONE = 0
const ANY = Number.POSITIVE_INFINITY
/** About 200 bytes each. With more, nothing becomes current until all that is noted so far is settled. */
const MAX_OPEN = 100_000

/**
 * Of a cluster, changes that were read but may not be visible on the machine of their device yet: what is read from it
 * then is from before the change, and must not be marked as current. Elsewhere there are none.
 */
export class Floors {
  readonly #distribution: Distribution
  readonly #open = new Map<string, Open>()
  #settled: readonly number[] = []
  /** Of transactions before this one it is not known what they changed. */
  #known_from = ANY

  constructor(distribution: Distribution) {
    this.#distribution = distribution
  }

  /** The version that a device must at least have in what is read from now on; infinite: it must not become current. */
  of({ tenant_id, device_id }: { tenant_id: string; device_id: string }): number {
    const { shards } = this.#distribution
    if (!shards) return NONE
    const settled = this.#settled[shards.shardOf(device_id)] ?? 0
    if (settled < this.#known_from) return ANY
    const among = (key: string) => {
      const open = this.#open.get(key)
      return open && open.xid >= settled ? open.floor : NONE
    }
    return Math.max(among(keyOf(tenant_id, '')), among(keyOf(tenant_id, device_id)))
  }

  apply({ complete, invalidations, cluster }: Changes): void {
    if (!this.#distribution.shards) return
    if (complete) for (const noted of invalidations) this.#note(noted)
    else this.#forget(cluster)
    if (!cluster) return
    if (this.#open.size > MAX_OPEN) this.#forget(cluster)
    if (cluster.settled === this.#settled) return
    this.#settled = cluster.settled
    const all = Math.min(...cluster.settled)
    for (const [key, { xid }] of this.#open) if (xid < all) this.#open.delete(key)
  }

  #forget(cluster: ClusterState | undefined): void {
    this.#open.clear()
    this.#known_from = cluster ? cluster.end : ANY
  }

  #note(noted: Noted): void {
    const xid = Number(noted.xid)
    // A change to everything.
    if (noted.tenant_id === null) {
      this.#known_from = Math.max(this.#known_from, xid + 1)
      return
    }
    const { tenant_id, device_id } = noted
    const key = keyOf(tenant_id, device_id ?? '')
    const open = this.#open.get(key)
    const floor = (device_id !== null && noted.device_version) || ANY
    this.#open.set(key, { xid: Math.max(xid, open?.xid ?? 0), floor: Math.max(floor, open?.floor ?? 0) })
  }
}

const keyOf = (tenant_id: string, device_id: string): string => `${tenant_id} ${device_id}`
