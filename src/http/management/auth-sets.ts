import { Type } from 'typebox'
import { AuthSetStatus, isSettableStatus } from '../../auth/auth-set.ts'
import { changeAuthSet } from '../../auth/devices/change-auth-set.ts'
import { findAuthSet } from '../../auth/devices/find-auth-set.ts'
import { revokeToken } from '../../auth/devices/revoke-token.ts'
import { deleteAuthSet } from '../../deployments/devices/delete-auth-set.ts'
import { badRequest } from '../../errors.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['device authentication']
const params = Type.Object({
  id: Type.String({ description: 'ID of the device' }),
  aid: Type.String({ description: 'ID of the authentication set' }),
})
const config = { permission: 'devices' } as const

export const authSetRoutes: Routes = (http, env) => {
  http.get(
    '/devices/:id/auth/:aid/status',
    {
      schema: {
        ...{ tags, operationId: 'getAuthSetStatus', summary: 'Get the status of an authentication set', params },
        response: {
          200: Type.Object(
            { status: AuthSetStatus },
            { title: 'AuthSetState', description: 'The status of an authentication set' },
          ),
          ...refusals(404),
        },
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
        ...{ tags, operationId: 'setAuthSetStatus', summary: 'Accept or reject an authentication set', params },
        description: 'An accepted or rejected set can be set back to `pending`, too.',
        body: Type.Object(
          { status: Type.String({ description: '`accepted`, `rejected` or `pending`' }) },
          { title: 'AuthSetChange', description: 'The new status of an authentication set' },
        ),
        response: { 204: nothing(), ...refusals(404, 422) },
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
    {
      config,
      schema: {
        ...{ tags, operationId: 'deleteAuthSet', summary: 'Delete an authentication set', params },
        response: { 204: nothing(), ...refusals(404) },
      },
    },
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
        ...{ tags, operationId: 'revokeDeviceTokens', summary: 'Revoke the tokens of a device' },
        description: 'The device stays accepted, and gets a new token when it asks for one.',
        params: Type.Object({ id: Type.String({ description: 'ID of the authentication set' }) }),
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      await revokeToken(env, actor, params.id)
      return reply.code(204).send()
    },
  )
}
