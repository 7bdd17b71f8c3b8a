import { Type } from 'typebox'
import { DevicesChanged } from '../../deployments/orders/change-devices.ts'
import { DevicesPin, pinDevices } from '../../deployments/orders/pin-devices.ts'
import { DevicesUnpin, unpinDevices } from '../../deployments/orders/unpin-devices.ts'
import { DevicePin, NewPin } from '../../deployments/pin.ts'
import { findPin } from '../../deployments/views/find-pin.ts'
import { findPinned } from '../../deployments/views/find-pinned.ts'
import { deviceNotFound } from '../../errors.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['deployments']
const config = { permission: 'deployments' } as const
const OfDevice = Type.Object({ device: Type.String({ description: 'ID of the device' }) })

/** Below `/api/management/v2/deployments`. */
export const pinRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/devices/:device/pin',
    {
      schema: {
        ...{ tags, operationId: 'getDevicePin', summary: 'Get what keeps a device from updates', params: OfDevice },
        response: { 200: DevicePin, ...refusals(404) },
      },
    },
    async ({ params, actor }) => findPin(env, actor, params.device),
  )

  http.put(
    '/deployments/devices/:device/pin',
    {
      config,
      schema: {
        ...{ tags, operationId: 'pinDevice', summary: 'Keep a device from updates', params: OfDevice },
        description:
          'Until the pin ends, the device gets no first offer of a deployment and begins no other attempt. A device that has an offer goes on.',
        body: NewPin,
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ params, body, actor }, reply) => {
      const { changed } = await pinDevices(env, actor, { ...body, device_ids: [params.device] })
      if (changed === 0) throw deviceNotFound()
      return reply.code(204).send()
    },
  )

  http.delete(
    '/deployments/devices/:device/pin',
    {
      config,
      schema: {
        ...{ tags, operationId: 'unpinDevice', summary: 'Update a device again', params: OfDevice },
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ params, actor }, reply) => {
      const { changed } = await unpinDevices(env, actor, { device_ids: [params.device] })
      if (changed === 0) throw deviceNotFound()
      return reply.code(204).send()
    },
  )

  http.post(
    '/deployments/devices/pin',
    {
      config,
      schema: {
        ...{ tags, operationId: 'pinDevices', summary: 'Keep several devices from updates' },
        body: DevicesPin,
        response: { 200: DevicesChanged },
      },
    },
    async ({ body, actor }) => pinDevices(env, actor, body),
  )

  http.post(
    '/deployments/devices/unpin',
    {
      config,
      schema: {
        ...{ tags, operationId: 'unpinDevices', summary: 'Update several devices again' },
        body: DevicesUnpin,
        response: { 200: DevicesChanged },
      },
    },
    async ({ body, actor }) => unpinDevices(env, actor, body),
  )

  http.get(
    '/deployments/:id/pinned',
    {
      schema: {
        ...{ tags, operationId: 'listPinnedDevices', summary: 'List the pinned devices that a deployment waits for' },
        description:
          'Those that wait for their first offer or for another attempt; the pin that ends first comes first.',
        params: Type.Object({ id: Type.String({ description: 'ID of the deployment' }) }),
        querystring: Type.Object(PagingQuery),
        response: { 200: Type.Array(DevicePin), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const query = { deployment_id: requireUuid(request.params.id), limit: page.per_page, offset: page.offset }
      const { total, pins } = await findPinned(env, request.actor, query)
      sendPageHeaders(request, reply, page, { total })
      return pins
    },
  )
}
