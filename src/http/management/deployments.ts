import { type Static, Type } from 'typebox'
import { toStoredId } from '../../auth/stored-id.ts'
import { Deployment } from '../../deployments/deployment.ts'
import { abortDeployment } from '../../deployments/orders/abort-deployment.ts'
import { changeControlMap } from '../../deployments/orders/change-control-map.ts'
import { Statistics } from '../../deployments/statistics.ts'
import { findDeploymentsByDevice } from '../../deployments/views/find-by-device.ts'
import { findDeployment, findDeployments, findStatistics } from '../../deployments/views/find-deployments.ts'
import { DeploymentsOverview, findOverview } from '../../deployments/views/find-overview.ts'
import { type Env, nowText } from '../../env.ts'
import { badRequest, deploymentNotFound } from '../../errors.ts'
import { deviceTerm, ListQuery, listQuery } from '../deployment-query.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Http, Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { readPage, sendPageHeaders } from '../paging.ts'

const TAGS = ['deployments']
const Id = Type.Object({ id: Type.String() })

/** Lists, v1 and v2 alike. */
export const listDeploymentRoutes: Routes = (http, env) => listRoute(http, env)

function listRoute(http: Http, env: Env) {
  http.get(
    '/deployments',
    {
      schema: {
        tags: TAGS,
        summary: 'Deployments, newest first',
        querystring: ListQuery,
        response: { 200: Type.Array(Deployment), ...refusals(400, 401) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const query = { ...listQuery(request.query), limit: page.per_page, offset: page.offset }
      const term = deviceTerm(request.query)
      const asked = [env.db.reads, request.actor, nowText(env)] as const
      const named = await findDeployments(...asked, query)
      const { names: _, ...others } = query
      const { total, deployments } =
        term && named.total === 0 ? await findDeploymentsByDevice(...asked, { ...others, term }) : named
      sendPageHeaders(request, reply, page, { total })
      return deployments
    },
  )
}

/** `GET /api/management/v2/deployments/overview` */
export const deploymentsOverviewRoutes: Routes = (http, env) => {
  http.get(
    '/overview',
    {
      schema: {
        tags: TAGS,
        summary: 'What goes on, and what should be looked at',
        response: { 200: DeploymentsOverview, ...refusals(401) },
      },
    },
    async ({ actor }) => findOverview(env.db.reads, actor, nowText(env)),
  )
}

/** One deployment: reading, statistics, changing, aborting. */
export const deploymentRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/:id',
    {
      schema: {
        tags: TAGS,
        summary: 'One deployment',
        params: Id,
        response: { 200: Deployment, ...refusals(400, 401, 404) },
      },
    },
    async ({ params, actor }) => findDeployment(env.db, actor, nowText(env), requireUuid(params.id)),
  )

  http.get(
    '/deployments/:id/statistics',
    {
      schema: {
        tags: TAGS,
        summary: 'Devices by status',
        params: Id,
        response: { 200: Statistics, ...refusals(400, 401, 404) },
      },
    },
    async ({ params, actor }) => {
      const [found] = await findStatistics(env.db, actor, [requireUuid(params.id)])
      if (!found) throw deploymentNotFound()
      return found.stats
    },
  )

  http.post(
    '/deployments/statistics/list',
    {
      schema: {
        tags: TAGS,
        summary: 'Devices by status, of several deployments',
        body: Type.Object({ deployment_ids: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })) }),
        response: {
          200: Type.Unsafe<{ id: string; stats: Static<typeof Statistics> }[]>({
            anyOf: [
              Type.Array(Type.Object({ id: Type.String(), stats: Statistics })),
              Type.Object({}, { additionalProperties: false, description: 'Where no ids are given' }),
            ],
          }),
          ...refusals(400, 401, 404),
        },
      },
    },
    async ({ body, actor }, reply) => {
      const { deployment_ids = [] } = body
      // An object, not a list: what the field's clients have always been given.
      if (deployment_ids.length === 0) return reply.type('application/json').send('{}' as never)
      const found = await findStatistics(env.db.reads, actor, deployment_ids.map(toStoredId))
      if (found.length === 0) throw deploymentNotFound()
      return found
    },
  )

  http.put(
    '/deployments/:id/status',
    {
      config: { permission: 'deployments' },
      schema: {
        tags: TAGS,
        summary: 'Abort a deployment',
        params: Id,
        body: Type.Object({ status: Type.Optional(Type.Unknown({ description: '`aborted`' })) }),
        response: { 204: nothing(), ...refusals(400, 401, 403, 422) },
      },
    },
    async ({ params, body, actor }, reply) => {
      const id = requireUuid(params.id)
      if (body.status !== 'aborted') throw badRequest('Unexpected deployment status')
      await abortDeployment(env, actor, id)
      return reply.code(204).send()
    },
  )

  http.patch(
    '/deployments/:id',
    {
      config: { permission: 'deployments' },
      schema: {
        tags: TAGS,
        summary: 'Set or remove the update control map',
        params: Id,
        body: Type.Object({
          update_control_map: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
        }),
        response: { 204: nothing(), ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async ({ params, body, actor }, reply) => {
      await changeControlMap(env, actor, requireUuid(params.id), body.update_control_map)
      return reply.code(204).send()
    },
  )
}
