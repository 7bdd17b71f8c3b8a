import { sql } from '../db/sql.ts'
import { violated } from '../db/violation.ts'
import { type Env, nowText } from '../env.ts'
import { conflict } from '../errors.ts'
import type { Actor } from './actor.ts'
import { type NewRole, requireOwnName, requireSets } from './role.ts'

export async function createRole(env: Env, { tenant_id }: Actor, role: NewRole): Promise<void> {
  const { name, description = '', permission_sets_with_scope } = role
  requireOwnName(name)
  requireSets(permission_sets_with_scope)
  try {
    await env.db.query(sql`
      insert into roles (tenant_id, name, description, permission_sets_with_scope, created_ts, updated_ts)
      values (${tenant_id}, ${name}, ${description}, ${JSON.stringify(permission_sets_with_scope)},
        ${nowText(env)}, ${nowText(env)})`)
  } catch (error) {
    if (violated(error) === 'roles_pkey') throw conflict('role with a given name already exists')
    throw error
  }
}
