import type { Env } from '../../env.ts'
import { type DownloadLimits, downloadKey, limitsBytes } from '../download-limits.ts'
import { findDeviceFacts } from '../rows/device-fact-rows.ts'

/** What of the limit in bytes a second by attribute the downloads of a device count towards; '': nothing. */
export async function findRateKey(
  { db }: Pick<Env, 'db'>,
  { tenant_id, device_id }: { tenant_id: string; device_id: string },
  limits: DownloadLimits,
): Promise<string> {
  if (!limitsBytes(limits).by_value) return ''
  const facts = await findDeviceFacts(db, { tenant_id, device_id, rolled_back: [] })
  return facts ? downloadKey(limits, facts.device) : ''
}
