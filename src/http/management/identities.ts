import { Type } from 'typebox'
import { Device } from '../../inventory/device.ts'
import { findDevice } from '../../inventory/devices/find-device.ts'
import { findDevices } from '../../inventory/devices/find-devices.ts'
import { patternStartingWith } from '../../inventory/patterns/pattern.ts'
import { Projection } from '../../inventory/query.ts'
import { refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { BodyPaging, readBodyPage, sendPageHeaders } from '../paging.ts'

const tags = ['inventory']

const Search = Type.Object(
  {
    scope: Type.Union([Type.Literal('identity'), Type.Literal('tags')], { description: 'Scope of the attribute' }),
    name: Type.String({ description: 'Name of the attribute; `id` in the scope `identity` is the ID of the device' }),
    value_prefix: Type.String({ maxLength: 200, description: 'Beginning of the value' }),
    attributes: Type.Optional(Type.Array(Projection, { description: 'Attributes to return; absent: all' })),
    ...BodyPaging,
  },
  { title: 'IdentitySearch', description: 'Which devices to find by the beginning of an attribute' },
)

/** Below `/api/management/v2alpha1/inventory`. */
export const identityRoutes: Routes = (http, env) => {
  http.post(
    '/identities/search',
    {
      schema: {
        ...{ tags, operationId: 'searchIdentities', summary: 'Search for devices by the beginning of an attribute' },
        ...{
          body: Search,
          response: { 200: withHeaders(Type.Array(Device), 'link', 'x-total-count'), ...refusals(422, 429) },
        },
      },
    },
    async (request, reply) => {
      const { scope, name: attribute, value_prefix, attributes } = request.body
      const page = readBodyPage(request.body)
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
        ...{ tags, operationId: 'listComponents', summary: 'List the components of a device: always empty' },
        params: Type.Object({ id: Type.String({ description: 'ID of the device' }) }),
        response: { 200: Type.Array(Type.Object({})), ...refusals(404) },
      },
    },
    async ({ actor, params }) => {
      await findDevice(env, actor, params.id)
      return []
    },
  )
}
