import { Type } from 'typebox'
import { Device } from '../../inventory/device.ts'
import { findDevice } from '../../inventory/devices/find-device.ts'
import { findDevices } from '../../inventory/devices/find-devices.ts'
import { patternStartingWith } from '../../inventory/patterns/pattern.ts'
import { Projection } from '../../inventory/query.ts'
import { refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { readPage, sendPageHeaders } from '../paging.ts'

const tags = ['inventory']

const Search = Type.Object({
  scope: Type.Union([Type.Literal('identity'), Type.Literal('tags')]),
  name: Type.String({ description: 'Of the attribute; `id` in the scope identity is the id of the device' }),
  value_prefix: Type.String({ maxLength: 200 }),
  attributes: Type.Optional(Type.Array(Projection, { description: 'To be shown; none: all' })),
  page: Type.Optional(Type.Integer()),
  per_page: Type.Optional(Type.Integer()),
})

/** Below `/api/management/v2alpha1/inventory`. */
export const identityRoutes: Routes = (http, env) => {
  http.post(
    '/identities/search',
    {
      schema: {
        ...{ tags, summary: 'Devices by the beginning of what they are known by', body: Search },
        response: { 200: withHeaders(Type.Array(Device), 'link', 'x-total-count'), ...refusals(422) },
      },
    },
    async (request, reply) => {
      const { scope, name: attribute, value_prefix, attributes, page: number, per_page } = request.body
      // Not given and 0 are the same to the clients that were written in Go.
      const page = readPage({ page: String(number || 1), per_page: String(per_page || 20) })
      const terms = [{ scope, attribute, type: '$regex', value: patternStartingWith(value_prefix) }]
      const { devices, total } = await findDevices(env, request.actor, { terms, attributes, page })
      sendPageHeaders(request, reply, page, { total })
      return devices
    },
  )

  http.get(
    '/devices/:id/components',
    {
      schema: {
        ...{ tags, summary: 'Parts of a device that update by themselves: none' },
        ...{ params: Type.Object({ id: Type.String() }), response: { 200: Type.Array(Type.Object({})) } },
      },
    },
    async ({ actor, params }) => {
      await findDevice(env, actor, params.id)
      return []
    },
  )
}
