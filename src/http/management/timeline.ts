import { Type } from 'typebox'
import { TimelinePoint } from '../../deployments/timeline.ts'
import { FailureGroup, findFailures } from '../../deployments/views/find-failures.ts'
import { findTimeline, Timeline } from '../../deployments/views/find-timeline.ts'
import { Csv, sendCsv } from '../bodies/csv.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'

const tags = ['deployments']
const params = Type.Object({ id: Type.String({ description: 'ID of the deployment' }) })
const description =
  'The counters are recorded every minute in which they changed; the first 120 times every ten seconds. Those first ones are kept for 90 days. Of the others, the last ones of each five minutes are kept for a day, of each hour for 90 days; of all, the last ones of each day for years. The timeline of a finished deployment ends with it, or with the last correction by a device.'

/** What has happened to a deployment so far. */
export const timelineRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/:id/failures',
    {
      schema: {
        ...{ tags, operationId: 'listDeploymentFailures', summary: 'List why devices failed, the most frequent first' },
        ...{ params, response: { 200: Type.Array(FailureGroup), ...refusals(404) } },
      },
    },
    async ({ params, actor }) => findFailures(env, actor, requireUuid(params.id)),
  )

  http.get(
    '/deployments/:id/timeline',
    {
      schema: {
        ...{ tags, operationId: 'getDeploymentTimeline', summary: 'Get the past of a deployment in numbers' },
        ...{ description, params },
        response: { 200: Timeline, ...refusals(404) },
      },
    },
    async ({ params, actor }) => findTimeline(env, actor, requireUuid(params.id)),
  )

  http.get(
    '/deployments/:id/timeline/export',
    {
      schema: {
        ...{ tags, operationId: 'exportDeploymentTimeline', summary: 'Export the past of a deployment as a table' },
        ...{ description, params },
        response: { 200: Csv, ...refusals(404) },
      },
    },
    async ({ params, actor }, reply) => {
      const { points } = await findTimeline(env, actor, requireUuid(params.id))
      const columns = Object.keys(TimelinePoint.properties) as (keyof TimelinePoint)[]
      const rows = points.map((point) => columns.map((column) => String(point[column])))
      return sendCsv(reply, { name: 'timeline', columns, chunks: [rows] })
    },
  )
}
