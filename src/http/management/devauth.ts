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
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['device authentication']
const Words = Type.Optional(Type.Array(Type.String()))
const WordOrWords = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())]))
const OfDevice = Type.Object({ id: Type.String() })
const config = { permission: 'devices' } as const

type Words = string | string[] | undefined

const readWanted = ({ status, id }: { status?: Words; id?: Words }) => {
  const words = (given: Words) => [given ?? []].flat().filter((word) => word !== '')
  return { status: requireStatuses(words(status)), id: words(id).map(toStoredId) }
}

export const devauthRoutes: Routes = (http, env) => {
  http.get(
    '/devices',
    {
      schema: {
        tags,
        summary: 'Devices with their auth sets',
        querystring: Type.Object({ ...PagingQuery, status: Words, id: Words }),
        response: { 200: withHeaders(Type.Array(Device), 'link') },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { devices, more } = await listDevices(env, request.actor, { ...readWanted(request.query), ...page })
      sendPageHeaders(request, reply, page, { more })
      return devices
    },
  )

  http.post(
    '/devices/search',
    {
      schema: {
        tags,
        summary: 'Devices with their auth sets, asked for in the body',
        querystring: Type.Object(PagingQuery),
        body: Type.Object({ status: WordOrWords, id: WordOrWords }),
        response: { 200: withHeaders(Type.Array(Device), 'link') },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { devices, more } = await listDevices(env, request.actor, { ...readWanted(request.body), ...page })
      sendPageHeaders(request, reply, page, { more })
      return devices
    },
  )

  http.get(
    '/devices/count',
    {
      schema: {
        tags,
        summary: 'How many devices there are',
        querystring: Type.Object({ status: Words, id: Words }),
        response: { 200: Type.Object({ count: Type.Integer() }) },
      },
    },
    async (request) => ({ count: await countDevices(env, request.actor, readWanted(request.query)) }),
  )

  http.get(
    '/devices/:id',
    { schema: { tags, summary: 'One device', params: OfDevice, response: { 200: Device } } },
    async ({ actor, params }) => findDevice(env.db, actor, params.id),
  )

  http.delete(
    '/devices/:id',
    { config, schema: { tags, summary: 'Decommission a device', params: OfDevice, response: { 204: nothing() } } },
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
        tags,
        summary: 'Accept, reject or decommission several devices',
        description: 'Each by itself: those that cannot be changed are told with the reason, the others are changed.',
        body: DevicesChange,
        response: { 200: DevicesChanged },
      },
    },
    async ({ actor, body }) => changeDevices(env, actor, body),
  )

  http.post(
    '/devices',
    {
      config,
      schema: {
        tags,
        summary: 'Let a device in before it has asked',
        description: 'Where the identity is known already: 409 with that device. `force` adds the key to it instead.',
        body: Type.Object({
          identity_data: Type.Optional(Type.Unknown({ description: 'Required: an object' })),
          pubkey: Type.Optional(Type.String({ description: 'Required: PEM' })),
          force: Type.Optional(Type.Boolean()),
        }),
        response: { 201: created('Preauthorized'), ...refusals(409) },
      },
      errorHandler: nameInDecodeErrors('preauth request'),
    },
    async ({ actor, body }, reply) => {
      const { identity_data, pubkey, force = false } = body
      const credentials = readCredentials({ identity_data, pubkey }, undecodable)
      const { device_id } = await preauthorizeDevice(env, actor, { ...credentials, force })
      return reply.code(201).header('location', `devices/${device_id}`).send()
    },
  )

  http.get(
    '/limits/max_devices',
    {
      schema: {
        tags,
        summary: 'How many devices can be accepted; -1: any number',
        response: { 200: Type.Object({ limit: Type.Integer() }) },
      },
    },
    async ({ actor }) => ({ limit: (await findTenant(env, actor)).max_devices }),
  )

  http.get(
    '/limits/devices',
    {
      schema: {
        tags,
        summary: 'How many devices of each tier can be accepted; -1: any number',
        response: { 200: Type.Object({ standard: Type.Integer(), micro: Type.Integer(), system: Type.Integer() }) },
      },
    },
    // Every device is of the tier `standard`.
    async ({ actor }) => ({ standard: (await findTenant(env, actor)).max_devices, micro: 0, system: 0 }),
  )
}

const undecodable = (problem: string) => badRequest(`failed to decode preauth request: ${problem}`)
