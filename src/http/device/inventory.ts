import { Type } from 'typebox'
import { NewAttribute } from '../../inventory/attribute.ts'
import { reportAttributes } from '../../inventory/report-attributes.ts'
import type { Routes } from '../http.ts'
import { nothing } from '../responses.ts'

export const deviceInventoryRoutes: Routes = (http, env) => {
  http.patch('/device/attributes', { schema: schema('Report some attributes') }, async (request, reply) => {
    await reportAttributes(env, request.device, { replace: false, attributes: request.body })
    return reply.code(200).send()
  })

  http.put('/device/attributes', { schema: schema('Report all attributes') }, async (request, reply) => {
    await reportAttributes(env, request.device, { replace: true, attributes: request.body })
    return reply.code(200).send()
  })
}

const schema = (summary: string) => ({
  ...{ tags: ['device inventory'], summary },
  ...{ body: Type.Array(NewAttribute), response: { 200: nothing() } },
})
