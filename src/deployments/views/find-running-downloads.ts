import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { countsDownloads } from '../download-limits.ts'
import { countDownloads, findStoredLimits } from '../rows/download-rows.ts'

const MOST_VALUES = 100

export const RunningDownloadsView = Type.Object(
  {
    running: Type.Integer({
      description: 'Number of downloads that count at the moment; 0 if downloads are not limited',
    }),
    by_value: Type.Array(
      Type.Object(
        {
          value: Type.String({ description: 'The value; of one with more than 100 characters the SHA-256' }),
          running: Type.Integer({ description: 'Number of downloads' }),
        },
        { title: 'DownloadsOfValue', description: 'The downloads of the devices with one value of the attribute' },
      ),
      { description: `By the attribute of the limits, the most downloads first, at most ${MOST_VALUES} values` },
    ),
  },
  { title: 'RunningDownloads', description: 'The downloads that count towards the limits' },
)
export type RunningDownloadsView = Static<typeof RunningDownloadsView>

/** How many devices of the tenant download at the moment. */
export async function findRunningDownloads(env: Env, { tenant_id }: Actor): Promise<RunningDownloadsView> {
  const limits = await findStoredLimits(env.db, tenant_id)
  if (!countsDownloads(limits)) return { running: 0, by_value: [] }
  const { all, by_key } = await countDownloads(env.db, tenant_id, { limits, now: env.now() })
  const { by_attribute: by } = limits
  const prefix = by && `${by.scope}/${by.attribute}=`
  const of_values = [...by_key].flatMap(([key, running]) =>
    prefix !== undefined && key.startsWith(prefix) ? [{ value: key.slice(prefix.length), running }] : [],
  )
  of_values.sort((a, b) => b.running - a.running || (a.value < b.value ? -1 : 1))
  return { running: all, by_value: of_values.slice(0, MOST_VALUES) }
}
