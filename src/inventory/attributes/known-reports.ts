import { createHash } from 'node:crypto'
import type { DeviceActor } from '../../auth/actor.ts'
import { NumericCache } from '../../db/memory/numeric-cache.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import type { Env } from '../../env.ts'

/** At least this number of devices is cached, at most twice as many; each takes about 80 bytes. */
const CACHE_SIZE = 500_000

/** The first 96 bits of a hash of a report. */
type Digest = readonly [number, number]
type KnownReport = readonly [...Digest, device_version: number]
const reportsOf = perHistory(() => new NumericCache<KnownReport>(CACHE_SIZE, 3))

export function digestOf({ replace, text }: { replace: boolean; text: Buffer }): Digest {
  const hash = createHash('sha256')
    .update(replace ? 'all ' : 'some ')
    .update(text)
    .digest()
  return [hash.readUIntBE(0, 6), hash.readUIntBE(6, 6)]
}

/**
 * The `device_version` right after this very report was written; undefined: not known. While the device has this
 * version, the report would change nothing.
 */
export function knownVersion(env: Env, device: DeviceActor, digest: Digest): number | undefined {
  const known = reportsOf(env).get(keyOf(device))
  return known?.[0] === digest[0] && known[1] === digest[1] ? known[2] : undefined
}

type Written = { digest: Digest; device_version: number; history: number }

/** `device_version`: right after the report was written. `history`: of the database, before that. */
export function rememberReport(env: Env, device: DeviceActor, { digest, device_version, history }: Written): void {
  if (env.db.history() === history) reportsOf(env).set(keyOf(device), [...digest, device_version])
}

const keyOf = ({ tenant_id, device_id }: DeviceActor) => ({ tenant_id, id: device_id })
