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
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['inventory']
const config = { permission: 'devices' as const }
const id = Type.String({ description: 'ID of the device' })
const name = Type.String({ description: 'Name of the group' })
const ofDevice = Type.Object({ id })
const ofGroup = Type.Object({ name })
const ids = Type.Array(Type.String(), { description: 'IDs of devices' })
const changed = { 200: GroupChange }

const GroupOfDevice = Type.Object(
  { group: Type.Union([Type.String(), Type.Null()], { description: 'Name of the group; null: none' }) },
  { title: 'DeviceGroup', description: 'The group of a device' },
)
const NewGroup = Type.Object({ group: name }, { title: 'DeviceGroupChange', description: 'The new group of a device' })

export const groupRoutes: Routes = (http, env) => {
  http.get(
    '/groups',
    {
      schema: {
        ...{ tags, operationId: 'listGroups', summary: 'List the names of all groups' },
        querystring: Type.Object({
          status: Type.Optional(Type.String({ description: 'Only groups that have a device of this status' })),
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
        ...{
          tags,
          operationId: 'listGroupDevices',
          summary: 'List the IDs of the devices in a group',
          params: ofGroup,
        },
        ...{ querystring: Type.Object(PagingQuery), response: { 200: ids, ...refusals(404) } },
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
    {
      config,
      schema: {
        ...{ tags, operationId: 'addDevicesToGroup', summary: 'Move devices to a group' },
        ...{ params: ofGroup, body: ids, response: changed },
      },
    },
    async ({ actor, params, body }) => addToGroup(env, actor, { group: params.name, device_ids: body.map(toStoredId) }),
  )

  http.delete(
    '/groups/:name/devices',
    {
      config,
      schema: {
        ...{ tags, operationId: 'removeDevicesFromGroup', summary: 'Remove devices from a group' },
        ...{ params: ofGroup, body: ids, response: changed },
      },
    },
    async ({ actor, params, body }) =>
      removeFromGroup(env, actor, { group: params.name, device_ids: body.map(toStoredId) }),
  )

  http.delete(
    '/groups/:name',
    {
      config,
      schema: {
        ...{ tags, operationId: 'deleteGroup', summary: 'Remove all devices from a group' },
        ...{ params: ofGroup, response: changed },
      },
    },
    async ({ actor, params }) => removeFromGroup(env, actor, { group: params.name }),
  )

  http.get(
    '/devices/:id/group',
    {
      schema: {
        ...{ tags, operationId: 'getDeviceGroup', summary: 'Get the group of a device', params: ofDevice },
        response: { 200: GroupOfDevice, ...refusals(404) },
      },
    },
    async ({ actor, params }) => ({ group: await findDeviceGroup(env, actor, params.id) }),
  )

  http.put(
    '/devices/:id/group',
    {
      config,
      schema: {
        ...{ tags, operationId: 'setDeviceGroup', summary: 'Move a device to a group', params: ofDevice },
        ...{ body: NewGroup, response: { 204: nothing(), ...refusals(404) } },
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
        ...{ tags, operationId: 'removeDeviceFromGroup', summary: 'Remove a device from its group' },
        ...{ params: Type.Object({ id, name }), response: { 204: nothing(), ...refusals(404) } },
      },
    },
    async ({ actor, params }, reply) => {
      await leaveGroup(env, actor, { device_id: params.id, group: params.name })
      return reply.code(204).send()
    },
  )
}
