import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { listPermissionSets, SCOPE_TYPES } from '../../auth/permission-set.ts'
import { planHas } from '../../auth/plan.ts'
import { ChangedRole, NewRole, Role } from '../../auth/role.ts'
import { ROLE_COLUMNS, roleCells } from '../../auth/role-csv.ts'
import { changeRole } from '../../auth/users/change-role.ts'
import { createRole } from '../../auth/users/create-role.ts'
import { deleteRole } from '../../auth/users/delete-role.ts'
import { findRole, findRoles } from '../../auth/users/find-roles.ts'
import { featureNotInPlan } from '../../errors.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { created, nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'

const tags = ['roles']
const params = Type.Object({ name: Type.String({ description: 'Name of the role' }) })
const config = { permission: 'users' } as const
const location = (name: string) => `/api/management/v2/useradm/roles/${encodeURIComponent(name)}`

const PermissionSet = Type.Object(
  {
    name: Type.String({ description: 'Name of the permission set' }),
    description: Type.String({ description: 'What it permits' }),
    supported_scope_types: Type.Array(Type.Enum([...SCOPE_TYPES]), {
      description: 'What it can be limited to: device groups or tags of releases',
    }),
  },
  { title: 'PermissionSet', description: 'What belongs together in a role' },
)

/** Before the body is read. */
const onRequest = async ({ actor }: FastifyRequest) => {
  if (!planHas(actor.plan, 'roles')) throw featureNotInPlan()
}

export const roleRoutes: Routes = (http, env) => {
  http.get(
    '/permission_sets',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'listPermissionSets', summary: 'List the permission sets that roles consist of' },
        response: { 200: Type.Array(PermissionSet) },
      },
    },
    async () => listPermissionSets(),
  )

  http.get(
    '/roles',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'listRoles', summary: 'List all roles, predefined roles first' },
        response: { 200: Type.Array(Role) },
      },
    },
    async ({ actor }) => findRoles(env, actor),
  )

  http.get(
    '/roles/all/export',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'exportRoles', summary: 'Export all roles as a table' },
        ...{ description: `With their permission sets and limits. ${CSV_NOTE}`, response: { 200: Csv } },
      },
    },
    async ({ actor }, reply) => {
      const rows = (await findRoles(env, actor)).map(roleCells)
      return sendCsv(reply, { name: 'roles', columns: ROLE_COLUMNS, chunks: [rows] })
    },
  )

  http.get(
    '/roles/:name',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'getRole', summary: 'Get a role', params },
        response: { 200: Role, ...refusals(404) },
      },
    },
    async ({ actor, params }) => findRole(env, actor, params.name),
  )

  http.post(
    '/roles',
    {
      ...{ onRequest, config: { ...config, creates: { location } } },
      schema: {
        ...{ tags, operationId: 'createRole', summary: 'Create a role', body: NewRole },
        response: { 201: created(), ...refusals(409, 422) },
      },
    },
    async ({ actor, body }, reply) => {
      await createRole(env, actor, body)
      return sendCreated(reply, body.name)
    },
  )

  http.put(
    '/roles/:name',
    {
      ...{ onRequest, config },
      schema: {
        ...{ tags, operationId: 'updateRole', summary: 'Change what a role permits', params, body: ChangedRole },
        description: "Takes effect with the next request of the role's users.",
        response: { 204: nothing(), ...refusals(404, 422) },
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
        ...{ tags, operationId: 'deleteRole', summary: 'Delete a role', params },
        description: 'Its users lose it. A user without any other role gets RBAC_ROLE_BASIC, which permits the least.',
        response: { 204: nothing(), ...refusals(404, 422) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteRole(env, actor, params.name)
      return reply.code(204).send()
    },
  )
}
