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
const params = Type.Object({ id: Type.String({ description: 'ID of the device' }) })
const config = { permission: 'devices' as const }

export const inventoryRoutes: Routes = (http, env) => {
  http.get(
    '/devices',
    {
      schema: {
        ...{ tags, operationId: 'listInventory', summary: 'List devices with their attributes' },
        description: 'Any other parameter is an attribute that the devices must have: `[scope/]name=[eq:]value`.',
        querystring: Type.Object({
          ...PagingQuery,
          sort: Type.Optional(
            Type.Array(Type.String(), { description: '`[scope/]name[:asc|desc]`, several separated by commas' }),
          ),
          has_group: Type.Optional(Type.String({ description: '`true` or `false`: devices in a group, or in none' })),
          group: Type.Optional(Type.String({ description: 'Devices in this group' })),
        }),
        response: { 200: Type.Array(Device), ...refusals(422, 429) },
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
    {
      schema: {
        ...{ tags, operationId: 'getInventory', summary: 'Get a device with its attributes', params },
        response: { 200: withHeaders(Device, 'etag'), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { device, etag } = await findDevice(env, request.actor, request.params.id)
      reply.header('etag', `"${etag}"`)
      return device
    },
  )

  http.delete(
    '/devices/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'deleteInventory', summary: 'Delete the attributes that a device reported', params },
        description: 'The device stays, and reports them again.',
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async (request, reply) => {
      await clearInventory(env, request.actor, request.params.id)
      return reply.code(204).send()
    },
  )

  for (const { method, replace, operationId, summary } of [
    { method: 'PATCH', replace: false, operationId: 'addTags', summary: 'Add tags to a device, or change some' },
    { method: 'PUT', replace: true, operationId: 'replaceTags', summary: 'Replace the tags of a device' },
  ] as const)
    http.route({
      ...{ method, url: '/devices/:id/tags', config },
      schema: {
        ...{ tags, operationId, summary, params, headers: IfMatch, body: Type.Array(NewAttribute) },
        response: { 200: nothing(), ...refusals(404, 412) },
      },
      handler: async (request, reply) => {
        await tagDevice(env, request.actor, {
          ...{ device_id: request.params.id, replace, attributes: request.body, if_match: readIfMatch(request) },
        })
        return reply.code(200).send()
      },
    })
}
