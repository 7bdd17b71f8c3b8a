import { Type } from 'typebox'
import { Deployment } from '../../deployments/deployment.ts'
import { DeviceDeploymentItem } from '../../deployments/device-deployment.ts'
import { type DeviceSelection, selectionOf } from '../../deployments/device-status.ts'
import { abortDevice } from '../../deployments/devices/abort-device.ts'
import { forgetHistory } from '../../deployments/devices/forget-history.ts'
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

const tags = ['deployments']
const OfDeployment = Type.Object({ id: Type.String({ description: 'ID of the deployment' }) })
const OfDevice = Type.Object({ device: Type.String({ description: 'ID of the device' }) })
const OfBoth = Type.Intersect([OfDeployment, OfDevice])
const DevicesQuery = Type.Object({
  ...PagingQuery,
  status: Type.Optional(
    Type.String({
      description:
        'A status of devices in deployments; `pause`, `active` or `finished` for several of them; or `timed_out` (not ended in time) or `unconfirmed` (succeeded, but not confirmed)',
    }),
  ),
})
const HISTORY = { most: 20 }
export const TableQuery = Type.Object({
  ...DevicesQuery.properties,
  reason: Type.Optional(
    Type.String({ description: 'Devices whose log has this reason of the failure, as `GET .../failures` returns it' }),
  ),
  sort: Type.Optional(
    Type.String({ description: '`status`, or `failed_first`: by status, but failed devices come first' }),
  ),
})

const HistoryEntry = Type.Object(
  {
    id: Type.String({ description: 'ID of the device deployment' }),
    deployment: Deployment,
    device: DeviceDeploymentItem,
  },
  { title: 'DeviceHistoryEntry', description: 'A deployment and how far a device is in it' },
)

/** The devices of deployments and the deployments of devices. */
export const deploymentDeviceRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/:id/devices',
    {
      schema: {
        ...{ tags, operationId: 'listAllDeploymentDevices', summary: 'List all devices of a deployment at once' },
        description: 'These are the devices that are assigned to it, after their first poll.',
        params: OfDeployment,
        response: { 200: Type.Array(DeviceDeploymentItem), ...refusals(404) },
      },
    },
    async ({ params, actor }, reply) => sendArray(reply, await readAllDevicesOf(env.db, actor, requireUuid(params.id))),
  )

  http.get(
    '/deployments/:id/devices/list',
    {
      schema: {
        ...{ tags, operationId: 'listDeploymentDevices', summary: 'List the devices of a deployment' },
        description: 'These are the devices that are assigned to it, after their first poll.',
        params: OfDeployment,
        querystring: TableQuery,
        response: { 200: Type.Array(DeviceDeploymentItem), ...refusals(404, 422, 429) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { total, devices } = await findDevicesOf(env, request.actor, {
        deployment_id: requireUuid(request.params.id),
        selection: readSelection(request.query.status),
        reason: request.query.reason || undefined,
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
        ...{ tags, operationId: 'listDeploymentDeviceIds', summary: 'List the IDs of the devices of a deployment' },
        description: 'Of a static deployment to listed devices these are the listed devices, too.',
        params: OfDeployment,
        response: { 200: Type.Array(Type.String()), ...refusals(404) },
      },
    },
    async ({ params, actor }, reply) => sendArray(reply, await readDeviceIds(env.db, actor, requireUuid(params.id))),
  )

  http.get(
    '/deployments/:id/devices/:device/log',
    {
      schema: {
        ...{ tags, operationId: 'getDeploymentLog', summary: 'Get the log that a device sent', params: OfBoth },
        response: { 200: ofType<string>('text/plain', 'One line per message'), ...refusals(404) },
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
        ...{ tags, operationId: 'listDeviceHistory', summary: 'List the deployments of a device, newest first' },
        params: OfDevice,
        querystring: Type.Object({ ...DevicesQuery.properties, ...pagingQuery(HISTORY) }),
        response: { 200: Type.Array(HistoryEntry) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query, HISTORY)
      const slice = { limit: page.per_page, offset: page.offset, now: nowText(env) }
      const query = { selection: readSelection(request.query.status), ...slice }
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
        ...{ tags, operationId: 'abortDeviceDeployments', summary: 'Abort the deployments of a device' },
        description: 'Aborts what the device has not finished; for other devices the deployments go on.',
        params: OfDevice,
        response: { 204: nothing(), ...refusals(404) },
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
        ...{ tags, operationId: 'deleteDeviceHistory', summary: 'Delete the history of a device' },
        description: 'Deletes what the device has finished. Older deployments can be offered to it again.',
        params: OfDevice,
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ params, actor }, reply) => {
      await forgetHistory(env, actor, params.device)
      return reply.code(204).send()
    },
  )
}

export function readSelection(word: string | undefined): DeviceSelection | undefined {
  if (word === undefined || word === '') return undefined
  const selection = selectionOf(word)
  if (!selection) throw badRequest('status: must be a valid value')
  return selection
}

function readSort(word = ''): string {
  if (!['', 'status', 'failed_first'].includes(word)) throw badRequest('sort: must be status or failed_first')
  return word
}
