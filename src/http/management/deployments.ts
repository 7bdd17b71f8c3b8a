import { type Static, Type } from 'typebox'
import { toStoredId } from '../../auth/stored-id.ts'
import { Deployment } from '../../deployments/deployment.ts'
import { abortDeployment } from '../../deployments/orders/abort-deployment.ts'
import { changeControlMap } from '../../deployments/orders/change-control-map.ts'
import { Statistics } from '../../deployments/statistics.ts'
import { findDeployment } from '../../deployments/views/find-deployments.ts'
import { DeploymentsOverview, findOverview } from '../../deployments/views/find-overview.ts'
import { findStatistics } from '../../deployments/views/find-statistics.ts'
import { listDeployments } from '../../deployments/views/list-deployments.ts'
import { listStatistics } from '../../deployments/views/list-statistics.ts'
import { type Env, nowText } from '../../env.ts'
import { badRequest } from '../../errors.ts'
import { deviceTerm, ListQuery, listQuery } from '../deployment-query.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Http, Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { readPage, sendPageHeaders } from '../paging.ts'

const tags = ['deployments']
const params = Type.Object({ id: Type.String({ description: 'ID of the deployment' }) })
const StatisticsOf = Type.Object(
  { id: Type.String({ description: 'ID of the deployment' }), stats: Statistics },
  { title: 'StatisticsItem', description: 'A deployment and its devices by status' },
)
const UpdateControlMap = Type.Object(
  {
    update_control_map: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
      description: 'Where devices pause or stop an update, as Mender defines it; null: nowhere',
    }),
  },
  { title: 'ControlMapChange', description: 'The new update control map of a deployment' },
)

export const listDeploymentRoutes: Routes = (http, env) => listRoute(http, env, 'listDeployments')

/** The same list in version 2. */
export const listDeploymentV2Routes: Routes = (http, env) => listRoute(http, env, 'listDeploymentsV2')

function listRoute(http: Http, env: Env, operationId: string) {
  http.get(
    '/deployments',
    {
      schema: {
        ...{ tags, operationId, summary: 'List deployments', querystring: ListQuery },
        response: { 200: Type.Array(Deployment) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const query = { ...listQuery(request.query), limit: page.per_page, offset: page.offset }
      const { total, deployments } = await listDeployments(env, request.actor, query, deviceTerm(request.query))
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
        ...{ tags, operationId: 'getDeploymentsOverview' },
        summary: 'Get the number of deployments, those that run and those with problems',
        response: { 200: DeploymentsOverview },
      },
    },
    async ({ actor }) => findOverview(env, actor),
  )
}

export const deploymentRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/:id',
    {
      schema: {
        ...{ tags, operationId: 'getDeployment', summary: 'Get a deployment', params },
        response: { 200: Deployment, ...refusals(404) },
      },
    },
    async ({ params, actor }) => findDeployment(env.db, actor, nowText(env), requireUuid(params.id)),
  )

  http.get(
    '/deployments/:id/statistics',
    {
      schema: {
        ...{ tags, operationId: 'getDeploymentStatistics', params },
        summary: 'Get the number of devices of a deployment by status',
        response: { 200: Statistics, ...refusals(404) },
      },
    },
    async ({ params, actor }) => findStatistics(env, actor, requireUuid(params.id)),
  )

  http.post(
    '/deployments/statistics/list',
    {
      schema: {
        ...{ tags, operationId: 'listDeploymentStatistics' },
        summary: 'Get the number of devices of several deployments by status',
        body: Type.Object(
          {
            deployment_ids: Type.Optional(
              Type.Array(Type.String(), { maxItems: 100, description: 'IDs of the deployments' }),
            ),
          },
          { title: 'StatisticsQuery', description: 'Which deployments to return statistics of' },
        ),
        response: {
          200: Type.Unsafe<{ id: string; stats: Static<typeof Statistics> }[]>({
            anyOf: [
              Type.Array(StatisticsOf),
              Type.Object({}, { additionalProperties: false, description: 'If the request names no deployment' }),
            ],
          }),
          ...refusals(404),
        },
      },
    },
    async ({ body, actor }, reply) => {
      const { deployment_ids = [] } = body
      // An object rather than an empty list, as Mender returns it.
      if (deployment_ids.length === 0) return reply.type('application/json').send('{}' as never)
      return listStatistics(env, actor, deployment_ids.map(toStoredId))
    },
  )

  http.put(
    '/deployments/:id/status',
    {
      config: { permission: 'deployments' },
      schema: {
        ...{ tags, operationId: 'abortDeployment', summary: 'Abort a deployment', params },
        body: Type.Object(
          { status: Type.Optional(Type.Unknown({ description: 'Required: `aborted`' })) },
          { title: 'DeploymentAbort', description: 'The new status of a deployment' },
        ),
        response: { 204: nothing(), ...refusals(404, 422) },
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
        ...{ tags, operationId: 'updateControlMap', summary: 'Set or remove the update control map', params },
        body: UpdateControlMap,
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ params, body, actor }, reply) => {
      await changeControlMap(env, actor, requireUuid(params.id), body.update_control_map)
      return reply.code(204).send()
    },
  )
}
