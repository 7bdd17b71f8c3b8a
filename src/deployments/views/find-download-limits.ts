import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import type { DownloadLimits } from '../download-limits.ts'
import { findStoredLimits } from '../rows/download-rows.ts'

/** When devices of the tenant are offered updates, and how many download at a time. */
export const findDownloadLimits = (env: Env, { tenant_id }: Actor): Promise<DownloadLimits> =>
  findStoredLimits(env.db, tenant_id)
