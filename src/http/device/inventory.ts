import { Type } from 'typebox'
import { NewAttribute } from '../../inventory/attribute.ts'
import { reportAttributes } from '../../inventory/attributes/report-attributes.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'

export const deviceInventoryRoutes: Routes = (http, env) => {
  http.patch(
    '/device/attributes',
    { schema: schema('updateReportedAttributes', 'Report some attributes') },
    async (request, reply) => {
      const { device, body: attributes, rawBody: text = NOTHING } = request
      await reportAttributes(env, device, { replace: false, attributes, text })
      return reply.code(200).send()
    },
  )

  http.put(
    '/device/attributes',
    { schema: schema('replaceReportedAttributes', 'Report all attributes') },
    async (request, reply) => {
      const { device, body: attributes, rawBody: text = NOTHING } = request
      await reportAttributes(env, device, { replace: true, attributes, text })
      return reply.code(200).send()
    },
  )
}

const NOTHING = Buffer.alloc(0)

const schema = (operationId: string, summary: string) => ({
  ...{ tags: ['device API'], operationId, summary },
  ...{ body: Type.Array(NewAttribute), response: { 200: nothing() } },
})
