import { Type } from 'typebox'
import { NewAttribute } from '../../inventory/attribute.ts'
import { clearInventory } from '../../inventory/attributes/clear-inventory.ts'
import { tagDevice } from '../../inventory/attributes/tag-device.ts'
import { Device } from '../../inventory/device.ts'
import { findDevice } from '../../inventory/devices/find-device.ts'
import { findDevices } from '../../inventory/devices/find-devices.ts'
import { readListQuery } from '../../inventory/list-query.ts'
import { nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['inventory']
const params = Type.Object({ id: Type.String() })
const config = { permission: 'devices' as const }

export const inventoryRoutes: Routes = (http, env) => {
  http.get(
    '/devices',
    {
      schema: {
        ...{ tags, summary: 'List devices; any further parameter is an attribute, `[scope/]name=[eq:]value`' },
        querystring: Type.Object({
          ...PagingQuery,
          sort: Type.Optional(Type.Array(Type.String(), { description: '[scope/]name[:asc|desc],..' })),
          has_group: Type.Optional(Type.String()),
          group: Type.Optional(Type.String()),
        }),
        response: { 200: Type.Array(Device) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const query = { page, ...readListQuery(request.query) }
      const { devices, total } = await findDevices(env, request.actor, query)
      sendPageHeaders(request, reply, page, { total })
      return devices
    },
  )

  http.get(
    '/devices/:id',
    { schema: { tags, summary: 'One device', params, response: { 200: withHeaders(Device, 'etag') } } },
    async (request, reply) => {
      const { device, etag } = await findDevice(env, request.actor, request.params.id)
      reply.header('etag', `"${etag}"`)
      return device
    },
  )

  http.delete(
    '/devices/:id',
    { config, schema: { tags, summary: 'Forget what a device reported', params, response: { 204: nothing() } } },
    async (request, reply) => {
      await clearInventory(env, request.actor, request.params.id)
      return reply.code(204).send()
    },
  )

  for (const { method, replace, summary } of [
    { method: 'PATCH', replace: false, summary: 'Add tags to a device' },
    { method: 'PUT', replace: true, summary: 'Replace the tags of a device' },
  ] as const)
    http.route({
      ...{ method, url: '/devices/:id/tags', config },
      schema: {
        ...{ tags, summary, params, headers: IfMatch, body: Type.Array(NewAttribute) },
        response: { 200: nothing(), ...refusals(412) },
      },
      handler: async (request, reply) => {
        await tagDevice(env, request.actor, {
          ...{ device_id: request.params.id, replace, attributes: request.body, if_match: readIfMatch(request) },
        })
        return reply.code(200).send()
      },
    })
}
