import { Type } from 'typebox'
import { AuthSetStatus, isSettableStatus } from '../../auth/auth-set.ts'
import { changeAuthSet } from '../../auth/devices/change-auth-set.ts'
import { findAuthSet } from '../../auth/devices/find-auth-set.ts'
import { revokeToken } from '../../auth/devices/revoke-token.ts'
import { deleteAuthSet } from '../../deployments/devices/delete-auth-set.ts'
import { badRequest } from '../../errors.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['device authentication']
const OfAuthSet = Type.Object({ id: Type.String(), aid: Type.String() })
const config = { permission: 'devices' } as const

export const authSetRoutes: Routes = (http, env) => {
  http.get(
    '/devices/:id/auth/:aid/status',
    {
      schema: {
        tags,
        summary: 'The status of an auth set',
        params: OfAuthSet,
        response: { 200: Type.Object({ status: AuthSetStatus }) },
      },
    },
    async ({ actor, params: { id, aid } }) => {
      const { status } = await findAuthSet(env.db, actor, { device_id: id, auth_set_id: aid })
      return { status }
    },
  )

  http.put(
    '/devices/:id/auth/:aid/status',
    {
      config,
      schema: {
        tags,
        summary: 'Accept, reject, or take back to pending',
        params: OfAuthSet,
        body: Type.Object({ status: Type.String({ description: 'accepted, rejected or pending' }) }),
        response: { 204: nothing() },
      },
    },
    async ({ actor, params, body: { status } }, reply) => {
      if (!isSettableStatus(status)) throw badRequest('incorrect device status')
      await changeAuthSet(env, actor, { device_id: params.id, auth_set_id: params.aid, status })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/devices/:id/auth/:aid',
    { config, schema: { tags, summary: 'Delete an auth set', params: OfAuthSet, response: { 204: nothing() } } },
    async ({ actor, params }, reply) => {
      await deleteAuthSet(env, actor, { device_id: params.id, auth_set_id: params.aid })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/tokens/:id',
    {
      config,
      schema: {
        tags,
        summary: 'End the tokens of an auth set',
        params: Type.Object({ id: Type.String() }),
        response: { 204: nothing() },
      },
    },
    async ({ actor, params }, reply) => {
      await revokeToken(env, actor, params.id)
      return reply.code(204).send()
    },
  )
}
