import { Type } from 'typebox'
import { requireStatuses } from '../../auth/device.ts'
import { toStoredId } from '../../auth/stored-id.ts'
import { GroupChange } from '../../inventory/group.ts'
import { addToGroup } from '../../inventory/groups/add-to-group.ts'
import { findDeviceGroup } from '../../inventory/groups/find-device-group.ts'
import { findGroupDevices } from '../../inventory/groups/find-group-devices.ts'
import { findGroups } from '../../inventory/groups/find-groups.ts'
import { leaveGroup } from '../../inventory/groups/leave-group.ts'
import { moveToGroup } from '../../inventory/groups/move-to-group.ts'
import { removeFromGroup } from '../../inventory/groups/remove-from-group.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['inventory']
const config = { permission: 'devices' as const }
const ofDevice = Type.Object({ id: Type.String() })
const named = Type.Object({ name: Type.String() })
const ids = Type.Array(Type.String())
const changed = { 200: GroupChange }

const GroupOfDevice = Type.Object({ group: Type.Union([Type.String(), Type.Null()]) })

export const groupRoutes: Routes = (http, env) => {
  http.get(
    '/groups',
    {
      schema: {
        ...{ tags, summary: 'The names of all groups' },
        querystring: Type.Object({
          status: Type.Optional(Type.String({ description: 'Only those that hold a device of this status' })),
        }),
        response: { 200: Type.Array(Type.String()) },
      },
    },
    async ({ actor, query: { status } }) => findGroups(env, actor, ...requireStatuses(status ? [status] : [])),
  )

  http.get(
    '/groups/:name/devices',
    {
      schema: {
        ...{ tags, summary: 'The ids of the devices in a group', params: named },
        ...{ querystring: Type.Object(PagingQuery), response: { 200: ids } },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const found = await findGroupDevices(env, request.actor, { group: request.params.name, page })
      sendPageHeaders(request, reply, page, found)
      return found.device_ids
    },
  )

  http.patch(
    '/groups/:name/devices',
    { config, schema: { tags, summary: 'Put devices into a group', params: named, body: ids, response: changed } },
    async ({ actor, params, body }) => addToGroup(env, actor, { group: params.name, device_ids: body.map(toStoredId) }),
  )

  http.delete(
    '/groups/:name/devices',
    { config, schema: { tags, summary: 'Take devices out of a group', params: named, body: ids, response: changed } },
    async ({ actor, params, body }) =>
      removeFromGroup(env, actor, { group: params.name, device_ids: body.map(toStoredId) }),
  )

  http.delete(
    '/groups/:name',
    { config, schema: { tags, summary: 'Take all devices out of a group', params: named, response: changed } },
    async ({ actor, params }) => removeFromGroup(env, actor, { group: params.name }),
  )

  http.get(
    '/devices/:id/group',
    { schema: { tags, summary: 'The group of a device', params: ofDevice, response: { 200: GroupOfDevice } } },
    async ({ actor, params }) => ({ group: await findDeviceGroup(env, actor, params.id) }),
  )

  http.put(
    '/devices/:id/group',
    {
      config,
      schema: {
        ...{ tags, summary: 'Put a device into a group', params: ofDevice },
        ...{ body: Type.Object({ group: Type.String() }), response: { 204: nothing() } },
      },
    },
    async ({ actor, params, body }, reply) => {
      await moveToGroup(env, actor, { device_id: params.id, group: body.group })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/devices/:id/group/:name',
    {
      config,
      schema: {
        ...{ tags, summary: 'Take a device out of its group' },
        ...{ params: Type.Object({ id: Type.String(), name: Type.String() }), response: { 204: nothing() } },
      },
    },
    async ({ actor, params }, reply) => {
      await leaveGroup(env, actor, { device_id: params.id, group: params.name })
      return reply.code(204).send()
    },
  )
}
