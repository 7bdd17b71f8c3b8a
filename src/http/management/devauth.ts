import { Type } from 'typebox'
import { readCredentials } from '../../auth/credentials.ts'
import { Device, requireStatuses } from '../../auth/device.ts'
import { countDevices } from '../../auth/devices/count-devices.ts'
import { findDevice } from '../../auth/devices/find-device.ts'
import { listDevices } from '../../auth/devices/list-devices.ts'
import { preauthorizeDevice } from '../../auth/devices/preauthorize-device.ts'
import { toStoredId } from '../../auth/stored-id.ts'
import { findTenant } from '../../auth/tenants/find-tenant.ts'
import { decommissionDevice } from '../../deployments/devices/decommission-device.ts'
import { changeDevices, DevicesChange, DevicesChanged } from '../../deployments/orders/change-devices.ts'
import { badRequest } from '../../errors.ts'
import { nameInDecodeErrors } from '../bodies/decode-errors.ts'
import { created, nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['device authentication']
const STATUSES = 'accepted, preauthorized, pending, rejected or noauth'
const Filters = {
  status: Type.Optional(Type.Array(Type.String(), { description: `Any of these statuses: ${STATUSES}` })),
  id: Type.Optional(Type.Array(Type.String(), { description: 'Any of these IDs' })),
}
const OneOrMore = (description: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())], { description }))
const OfDevice = Type.Object({ id: Type.String({ description: 'ID of the device' }) })
const Limit = Type.Integer({ description: 'Devices that can be accepted; -1: no limit' })
const OtherTier = Type.Integer({ description: 'Always 0: Muster does not have this tier' })
const config = { permission: 'devices' } as const

type Words = string | string[] | undefined

const readFilters = ({ status, id }: { status?: Words; id?: Words }) => {
  const listOf = (words: Words) => [words ?? []].flat().filter((word) => word !== '')
  return { status: requireStatuses(listOf(status)), id: listOf(id).map(toStoredId) }
}

export const devauthRoutes: Routes = (http, env) => {
  http.get(
    '/devices',
    {
      schema: {
        ...{ tags, operationId: 'listDevices', summary: 'List devices with their authentication sets' },
        querystring: Type.Object({ ...PagingQuery, ...Filters }),
        response: { 200: withHeaders(Type.Array(Device), 'link') },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { devices, more } = await listDevices(env, request.actor, { ...readFilters(request.query), ...page })
      sendPageHeaders(request, reply, page, { more })
      return devices
    },
  )

  http.post(
    '/devices/search',
    {
      schema: {
        ...{ tags, operationId: 'searchDevices', summary: 'List devices with their authentication sets' },
        description: 'As `listDevices`, with the filters in the body, where there is room for more IDs.',
        querystring: Type.Object(PagingQuery),
        body: Type.Object(
          { status: OneOrMore(`One or more of the statuses ${STATUSES}`), id: OneOrMore('One or more IDs') },
          { title: 'DeviceQuery', description: 'Which devices to return' },
        ),
        response: { 200: withHeaders(Type.Array(Device), 'link') },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { devices, more } = await listDevices(env, request.actor, { ...readFilters(request.body), ...page })
      sendPageHeaders(request, reply, page, { more })
      return devices
    },
  )

  http.get(
    '/devices/count',
    {
      schema: {
        ...{ tags, operationId: 'countDevices', summary: 'Count devices' },
        querystring: Type.Object(Filters),
        response: {
          200: Type.Object(
            { count: Type.Integer({ description: 'Number of devices' }) },
            { title: 'DeviceCount', description: 'Number of devices' },
          ),
        },
      },
    },
    async (request) => ({ count: await countDevices(env, request.actor, readFilters(request.query)) }),
  )

  http.get(
    '/devices/:id',
    {
      schema: {
        ...{ tags, operationId: 'getDevice', summary: 'Get a device with its authentication sets', params: OfDevice },
        response: { 200: Device, ...refusals(404) },
      },
    },
    async ({ actor, params }) => findDevice(env.db, actor, params.id),
  )

  http.delete(
    '/devices/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'decommissionDevice', summary: 'Decommission a device', params: OfDevice },
        description: 'Removes it with its tokens, inventory and unfinished deployments.',
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      await decommissionDevice(env, actor, params.id)
      return reply.code(204).send()
    },
  )

  http.post(
    '/devices/bulk',
    {
      config,
      schema: {
        ...{ tags, operationId: 'changeDevices', summary: 'Accept, reject or decommission several devices' },
        description: 'Devices that cannot be changed are returned with the reason; all others are changed.',
        body: DevicesChange,
        response: { 200: DevicesChanged },
      },
    },
    async ({ actor, body }) => changeDevices(env, actor, body),
  )

  http.post(
    '/devices',
    {
      config: { ...config, creates: { location: (id) => `devices/${id}` } },
      schema: {
        ...{ tags, operationId: 'preauthorizeDevice', summary: 'Accept a device before its first request' },
        description:
          'If there is a device of this identity, 409 returns it; with `force` the key is added to it instead.',
        body: Type.Object(
          {
            identity_data: Type.Optional(
              Type.Unknown({ description: 'Required: the identity of the device, an object such as `{"mac": "..."}`' }),
            ),
            pubkey: Type.Optional(Type.String({ description: 'Required: the public key of the device (PEM)' })),
            force: Type.Optional(Type.Boolean({ description: 'Add the key to a device of this identity' })),
          },
          { title: 'Preauthorization', description: 'The identity and the key of a device to accept' },
        ),
        response: { 201: created('Preauthorized'), ...refusals(409) },
      },
      errorHandler: nameInDecodeErrors('preauth request'),
    },
    async ({ actor, body }, reply) => {
      const { identity_data, pubkey, force = false } = body
      const credentials = readCredentials({ identity_data, pubkey }, undecodable)
      const { device_id } = await preauthorizeDevice(env, actor, { ...credentials, force })
      return sendCreated(reply, device_id)
    },
  )

  http.get(
    '/limits/max_devices',
    {
      schema: {
        ...{ tags, operationId: 'getDeviceLimit', summary: 'Get the number of devices that can be accepted' },
        response: { 200: Type.Object({ limit: Limit }, { title: 'DeviceLimit', description: 'Limit for devices' }) },
      },
    },
    async ({ actor }) => ({ limit: (await findTenant(env, actor)).max_devices }),
  )

  http.get(
    '/limits/devices',
    {
      schema: {
        ...{ tags, operationId: 'getDeviceLimits' },
        summary: 'Get the number of devices of each tier that can be accepted',
        response: {
          200: Type.Object(
            { standard: Limit, micro: OtherTier, system: OtherTier },
            {
              title: 'DeviceLimits',
              description: 'Limits for the devices of each tier; Muster only has the tier `standard`',
            },
          ),
        },
      },
    },
    // Every device has the tier `standard`.
    async ({ actor }) => ({ standard: (await findTenant(env, actor)).max_devices, micro: 0, system: 0 }),
  )
}

const undecodable = (problem: string) => badRequest(`failed to decode preauth request: ${problem}`)
