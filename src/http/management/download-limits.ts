import { DownloadLimits, NewDownloadLimits } from '../../deployments/download-limits.ts'
import { saveDownloadLimits } from '../../deployments/orders/save-download-limits.ts'
import { findDownloadLimits } from '../../deployments/views/find-download-limits.ts'
import { findRunningDownloads, RunningDownloadsView } from '../../deployments/views/find-running-downloads.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['deployments']

/** Below `/api/management/v2/deployments`. */
export const downloadLimitRoutes: Routes = (http, env) => {
  http.get(
    '/download_limits',
    {
      schema: {
        ...{ tags, operationId: 'getDownloadLimits', summary: 'Get the download limits' },
        response: { 200: DownloadLimits },
      },
    },
    async ({ actor }) => findDownloadLimits(env, actor),
  )

  http.get(
    '/download_limits/running',
    {
      schema: {
        ...{ tags, operationId: 'countRunningDownloads', summary: 'Count the downloads that run at the moment' },
        description:
          'A device counts from its offer until it reports that it has the update, or until it has not been heard from for `download_timeout_minutes`. Devices that got their offer before the limits were set do not count.',
        response: { 200: RunningDownloadsView },
      },
    },
    async ({ actor }) => findRunningDownloads(env, actor),
  )

  http.put(
    '/download_limits',
    {
      config: { permission: 'deployments' },
      schema: {
        ...{
          tags,
          operationId: 'replaceDownloadLimits',
          summary: 'Replace the download limits',
          body: NewDownloadLimits,
        },
        description:
          'They apply from the next poll of each device on: a device that has an offer keeps it. Bytes a second can be limited if the server sends the artifacts itself: from its disk, or from S3 with `MUSTER_S3_PROXY`. Requires roles without a limit to groups.',
        response: { 204: nothing(), ...refusals(422) },
      },
    },
    async ({ actor, body }, reply) => {
      await saveDownloadLimits(env, actor, body)
      return reply.code(204).send()
    },
  )
}
