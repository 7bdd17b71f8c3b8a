import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { listPermissionSets, SCOPE_TYPES } from '../../auth/permission-set.ts'
import { planHas } from '../../auth/plan.ts'
import { ChangedRole, NewRole, Role } from '../../auth/role.ts'
import { changeRole } from '../../auth/users/change-role.ts'
import { createRole } from '../../auth/users/create-role.ts'
import { deleteRole } from '../../auth/users/delete-role.ts'
import { findRole, findRoles } from '../../auth/users/find-roles.ts'
import { featureNotInPlan } from '../../errors.ts'
import { created, nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['roles']
const params = Type.Object({ name: Type.String() })
const config = { permission: 'users' } as const

const PermissionSet = Type.Object({
  name: Type.String(),
  description: Type.String(),
  supported_scope_types: Type.Array(Type.Enum([...SCOPE_TYPES])),
})

/** Before the body is looked at. */
const onRequest = async ({ actor }: FastifyRequest) => {
  if (!planHas(actor.plan, 'roles')) throw featureNotInPlan()
}

export const roleRoutes: Routes = (http, env) => {
  http.get(
    '/permission_sets',
    {
      onRequest,
      schema: {
        ...{ tags, summary: 'What roles can be made of' },
        response: { 200: Type.Array(PermissionSet), ...refusals(401, 403) },
      },
    },
    async () => listPermissionSets(),
  )

  http.get(
    '/roles',
    {
      onRequest,
      schema: {
        ...{ tags, summary: 'All roles, the predefined ones first' },
        response: { 200: Type.Array(Role), ...refusals(401, 403) },
      },
    },
    async ({ actor }) => findRoles(env, actor),
  )

  http.get(
    '/roles/:name',
    { onRequest, schema: { tags, summary: 'One role', params, response: { 200: Role, ...refusals(401, 403, 404) } } },
    async ({ actor, params }) => findRole(env, actor, params.name),
  )

  http.post(
    '/roles',
    {
      ...{ onRequest, config },
      schema: {
        ...{ tags, summary: 'Create a role', body: NewRole },
        response: { 201: created(), ...refusals(400, 401, 403, 409, 422) },
      },
    },
    async ({ actor, body }, reply) => {
      await createRole(env, actor, body)
      const location = `/api/management/v2/useradm/roles/${encodeURIComponent(body.name)}`
      return reply.code(201).header('location', location).send()
    },
  )

  http.put(
    '/roles/:name',
    {
      ...{ onRequest, config },
      schema: {
        ...{
          tags,
          summary: 'Change what a role permits, from the next request of its users',
          params,
          body: ChangedRole,
        },
        response: { 204: nothing(), ...refusals(400, 401, 403, 404, 422) },
      },
    },
    async ({ actor, params, body }, reply) => {
      await changeRole(env, actor, params.name, body)
      return reply.code(204).send()
    },
  )

  http.delete(
    '/roles/:name',
    {
      ...{ onRequest, config },
      schema: {
        ...{ tags, summary: 'Delete a role; its users lose it, and those who had no other keep only their account' },
        ...{ params, response: { 204: nothing(), ...refusals(401, 403, 404, 422) } },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteRole(env, actor, params.name)
      return reply.code(204).send()
    },
  )
}
