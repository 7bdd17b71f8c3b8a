import type { DeviceActor } from '../../auth/actor.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import type { Env } from '../../env.ts'
import type { NewAttribute } from '../attribute.ts'
import { afterReport, areTwo, type Turns, traceOf } from './machine-trace.ts'

type Device = Pick<DeviceActor, 'tenant_id' | 'device_id'>

const MAX_DEVICES = 20_000

/** Of the devices that reported something new most recently. */
const turnsOf = perEnv(() => new TwoGenerationCache<Turns>(MAX_DEVICES))

/** Remembers by what the machine of a report differs from others; returns whether two machines take turns. */
export function isTurnOfAnother(env: Env, { tenant_id, device_id }: Device, report: readonly NewAttribute[]): boolean {
  const trace = traceOf(report)
  if (!trace) return false
  const key = `${tenant_id}/${device_id}`
  const known = turnsOf(env)
  const before = known.get(key)
  const turns = afterReport(before, trace)
  if (turns === before) return false
  known.set(key, turns)
  return areTwo(turns)
}
