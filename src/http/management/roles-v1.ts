import { Type } from 'typebox'
import { ChangedRoleV1, fromV1, NewRoleV1, RoleV1, toV1 } from '../../auth/role-v1.ts'
import { changeRole } from '../../auth/users/change-role.ts'
import { createRole } from '../../auth/users/create-role.ts'
import { deleteRole } from '../../auth/users/delete-role.ts'
import { findRole, findRoles } from '../../auth/users/find-roles.ts'
import { created, nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'

const tags = ['roles']
const params = Type.Object({ name: Type.String({ description: 'Name of the role' }) })
const feature = 'roles' as const
const config = { permission: 'users', feature } as const
const location = (name: string) => `/api/management/v1/useradm/roles/${encodeURIComponent(name)}`

/** The same roles in the form of version 1, which only knows device groups. */
export const roleV1Routes: Routes = (http, env) => {
  http.get(
    '/roles',
    {
      config: { feature },
      schema: {
        ...{ tags, operationId: 'listRolesV1', summary: 'List all roles in the form of version 1' },
        response: { 200: Type.Array(RoleV1) },
      },
    },
    async ({ actor }) => (await findRoles(env, actor)).map(toV1),
  )

  http.get(
    '/roles/:name',
    {
      config: { feature },
      schema: {
        ...{ tags, operationId: 'getRoleV1', summary: 'Get a role in the form of version 1', params },
        response: { 200: RoleV1, ...refusals(404) },
      },
    },
    async ({ actor, params }) => toV1(await findRole(env, actor, params.name)),
  )

  http.post(
    '/roles',
    {
      config: { ...config, creates: { location } },
      schema: {
        ...{ tags, operationId: 'createRoleV1', summary: 'Create a role in the form of version 1', body: NewRoleV1 },
        response: { 201: created(), ...refusals(409, 422) },
      },
    },
    async ({ actor, body }, reply) => {
      await createRole(env, actor, fromV1(body))
      return sendCreated(reply, body.name)
    },
  )

  http.put(
    '/roles/:name',
    {
      config,
      schema: {
        ...{ tags, operationId: 'updateRoleV1', summary: 'Change what a role permits in the form of version 1' },
        ...{ params, body: ChangedRoleV1, response: { 204: nothing(), ...refusals(404, 422) } },
      },
    },
    async ({ actor, params, body }, reply) => {
      await changeRole(env, actor, params.name, fromV1(body))
      return reply.code(204).send()
    },
  )

  http.delete(
    '/roles/:name',
    {
      config,
      schema: {
        ...{ tags, operationId: 'deleteRoleV1', summary: 'Delete a role', params },
        response: { 204: nothing(), ...refusals(404, 422) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteRole(env, actor, params.name)
      return reply.code(204).send()
    },
  )
}
