import { Type } from 'typebox'
import { DeviceSummary } from '../../deployments/device-summary.ts'
import { Explanation } from '../../deployments/explanation.ts'
import { ActiveExplanation, explainActive } from '../../deployments/views/explain-active.ts'
import { explainDevice } from '../../deployments/views/explain-device.ts'
import { summarizeDevice } from '../../deployments/views/summarize-device.ts'
import { badRequest } from '../../errors.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { pagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['deployments']
const OfDevice = Type.Object({ device: Type.String({ description: 'ID of the device' }) })
const OfBoth = Type.Intersect([Type.Object({ id: Type.String({ description: 'ID of the deployment' }) }), OfDevice])
const EXPLAINED = { per_page: 10, most: 20 }
const ExplainedQuery = Type.Object({
  ...pagingQuery(EXPLAINED),
  concerning: Type.Optional(
    Type.String({
      description:
        '`true`: only the deployments that are for the device or that it is assigned to; `false`: the others',
    }),
  ),
})

/** Below `/api/management/v2/deployments`. */
export const explainRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/devices/:device/explain',
    {
      schema: {
        ...{ tags, operationId: 'explainDevice', summary: 'Explain which unfinished deployments a device is offered' },
        description: 'Newest first, each with the reason why the device has, or has not, been offered it.',
        params: OfDevice,
        querystring: ExplainedQuery,
        response: { 200: Type.Array(ActiveExplanation), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query, EXPLAINED)
      const concerning = readFlag('concerning', request.query.concerning)
      const query = { device_id: request.params.device, concerning, limit: page.per_page, offset: page.offset }
      const { total, explanations } = await explainActive(env, request.actor, query)
      sendPageHeaders(request, reply, page, { total })
      return explanations
    },
  )

  http.get(
    '/deployments/devices/:device/summary',
    {
      schema: {
        ...{ tags, operationId: 'getDeviceSummary', summary: 'Get the state of a device in plain words' },
        description:
          'What a user must know first: that the device is not accepted, is silent, is at work, waits and for what, has failed and why, or is up to date. Times in the message are in UTC.',
        params: OfDevice,
        response: { 200: DeviceSummary, ...refusals(404) },
      },
    },
    async ({ actor, params }) => summarizeDevice(env, actor, params.device),
  )

  http.get(
    '/deployments/:id/devices/:device/explain',
    {
      schema: {
        ...{
          tags,
          operationId: 'explainDeviceDeployment',
          summary: 'Explain whether a device is offered a deployment',
          params: OfBoth,
        },
        description: 'Why the device has, or has not, been offered the deployment.',
        response: { 200: Explanation, ...refusals(404) },
      },
    },
    async ({ actor, params }) =>
      explainDevice(env, actor, { deployment_id: requireUuid(params.id), device_id: params.device }),
  )
}

function readFlag(name: string, word: string | undefined): boolean | undefined {
  if (word === undefined || word === '') return undefined
  if (word !== 'true' && word !== 'false') throw badRequest(`${name}: must be true or false`)
  return word === 'true'
}
