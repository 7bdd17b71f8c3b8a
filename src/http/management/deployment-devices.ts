import { Type } from 'typebox'
import { Deployment } from '../../deployments/deployment.ts'
import { DeviceDeploymentItem } from '../../deployments/device-deployment.ts'
import { type DeviceStatus, statusesOf } from '../../deployments/device-status.ts'
import { abortDevice } from '../../deployments/devices/abort-device.ts'
import { forgetHistory } from '../../deployments/devices/forget-history.ts'
import { Explanation } from '../../deployments/explanation.ts'
import { ActiveExplanation, explainActive } from '../../deployments/views/explain-active.ts'
import { explainDevice } from '../../deployments/views/explain-device.ts'
import {
  findDevicesOf,
  findHistory,
  readAllDevicesOf,
  readDeviceIds,
} from '../../deployments/views/find-device-deployments.ts'
import { findLog } from '../../deployments/views/find-log.ts'
import { nowText } from '../../env.ts'
import { badRequest } from '../../errors.ts'
import { sendArray } from '../bodies/json-stream.ts'
import { nothing, ofType, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { PagingQuery, pagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const TAGS = ['deployments']
const Id = Type.Object({ id: Type.String() })
const Device = Type.Object({ device: Type.String() })
const DevicesQuery = Type.Object({
  ...PagingQuery,
  status: Type.Optional(
    Type.String({ description: 'A status of a device, or one of the groups pause, active, finished' }),
  ),
})
const HISTORY = { most: 20 }
const EXPLAINED = { per_page: 10, most: 20 }
const TableQuery = Type.Object({
  ...DevicesQuery.properties,
  sort: Type.Optional(Type.String({ description: 'status, or failed_first: the same behind those that failed' })),
})

/** The devices of deployments and the deployments of devices. */
export const deploymentDeviceRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/:id/devices',
    {
      schema: {
        tags: TAGS,
        summary: 'Devices that asked, all at once',
        params: Id,
        response: { 200: Type.Array(DeviceDeploymentItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, actor }, reply) => sendArray(reply, await readAllDevicesOf(env.db, actor, requireUuid(params.id))),
  )

  http.get(
    '/deployments/:id/devices/list',
    {
      schema: {
        tags: TAGS,
        summary: 'Devices that asked, in pages',
        params: Id,
        querystring: TableQuery,
        response: { 200: Type.Array(DeviceDeploymentItem), ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { total, devices } = await findDevicesOf(env, request.actor, {
        deployment_id: requireUuid(request.params.id),
        statuses: readStatuses(request.query.status),
        failed_first: readSort(request.query.sort) === 'failed_first',
        ...{ limit: page.per_page, offset: page.offset },
      })
      sendPageHeaders(request, reply, page, { total })
      return devices
    },
  )

  http.get(
    '/deployments/:id/device_list',
    {
      schema: {
        tags: TAGS,
        summary: 'Ids of the devices',
        params: Id,
        response: { 200: Type.Array(Type.String()), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, actor }, reply) => sendArray(reply, await readDeviceIds(env.db, actor, requireUuid(params.id))),
  )

  http.get(
    '/deployments/:id/devices/:device/log',
    {
      schema: {
        tags: TAGS,
        summary: 'The log that a device sent',
        params: Type.Intersect([Id, Device]),
        response: { 200: ofType<string>('text/plain', 'A line a message'), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, actor }, reply) => {
      const log = await findLog(env.db, actor, requireUuid(params.id), params.device)
      return reply.type('text/plain; charset=utf-8').serializer(String).send(log)
    },
  )

  http.get(
    '/deployments/devices/:device',
    {
      schema: {
        tags: TAGS,
        summary: 'Deployments of one device, newest first',
        params: Device,
        querystring: Type.Object({ ...DevicesQuery.properties, ...pagingQuery(HISTORY) }),
        response: {
          200: Type.Array(Type.Object({ id: Type.String(), deployment: Deployment, device: DeviceDeploymentItem })),
          ...refusals(400, 401),
        },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query, HISTORY)
      const slice = { limit: page.per_page, offset: page.offset, now: nowText(env) }
      const query = { statuses: readStatuses(request.query.status), ...slice }
      const { total, history } = await findHistory(env.db, request.actor, request.params.device, query)
      sendPageHeaders(request, reply, page, { total })
      return history
    },
  )

  http.delete(
    '/deployments/devices/:device',
    {
      config: { permission: 'deployments' },
      schema: {
        tags: TAGS,
        summary: 'Abort what a device is in the middle of',
        params: Device,
        response: { 204: nothing(), ...refusals(401, 403, 404) },
      },
    },
    async ({ params, actor }, reply) => {
      await abortDevice(env, actor, params.device)
      return reply.code(204).send()
    },
  )

  http.delete(
    '/deployments/devices/:device/history',
    {
      config: { permission: 'deployments' },
      schema: {
        tags: TAGS,
        summary: 'Forget what a device finished',
        params: Device,
        response: { 204: nothing(), ...refusals(401, 403, 404) },
      },
    },
    async ({ params, actor }, reply) => {
      await forgetHistory(env, actor, params.device)
      return reply.code(204).send()
    },
  )
}

/** Below `/api/management/v2/deployments`. */
export const explainRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/devices/:device/explain',
    {
      schema: {
        tags: TAGS,
        summary: 'Why a device has, or has not, been offered the unfinished deployments, the newest first',
        params: Device,
        querystring: Type.Object(pagingQuery(EXPLAINED)),
        response: { 200: Type.Array(ActiveExplanation), ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query, EXPLAINED)
      const asked = { device_id: request.params.device, limit: page.per_page, offset: page.offset }
      const { total, explanations } = await explainActive(env, request.actor, asked)
      sendPageHeaders(request, reply, page, { total })
      return explanations
    },
  )

  http.get(
    '/deployments/:id/devices/:device/explain',
    {
      schema: {
        tags: TAGS,
        summary: 'Why a device has, or has not, been offered a deployment',
        params: Type.Intersect([Id, Device]),
        response: { 200: Explanation, ...refusals(400, 401, 404) },
      },
    },
    async ({ actor, params }) =>
      explainDevice(env, actor, { deployment_id: requireUuid(params.id), device_id: params.device }),
  )
}

function readStatuses(word: string | undefined): readonly DeviceStatus[] | undefined {
  if (word === undefined || word === '') return undefined
  const statuses = statusesOf(word)
  if (!statuses) throw badRequest('status: must be a valid value')
  return statuses
}

function readSort(word = ''): string {
  if (!['', 'status', 'failed_first'].includes(word)) throw badRequest('sort: must be status or failed_first')
  return word
}
