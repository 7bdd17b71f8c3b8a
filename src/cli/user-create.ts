import { operatorOf } from '../auth/actor.ts'
import { PREDEFINED_ROLES } from '../auth/role.ts'
import { ensureDefaultTenant } from '../auth/tenants/ensure-default-tenant.ts'
import { createUser } from '../auth/users/create-user.ts'
import { type Command, optional, required, withEnv } from './command.ts'
import { readPassword } from './password.ts'

export const userCreateCommand: Command = {
  summary: 'Create a user',
  help: `
  --email EMAIL         e-mail address to sign in with
  --password PASSWORD   at least 8 characters; - reads it from standard input
  --tenant ID           tenant of the user (the default tenant)
  --role ROLE           role (RBAC_ROLE_PERMIT_ALL); may be given several times. A role that the
                        tenant has created, or one of:
                        ${PREDEFINED_ROLES.map(({ name }) => name).join('\n                        ')}
  --json                print {"user_id"}`,
  options: {
    email: { type: 'string' },
    password: { type: 'string' },
    tenant: { type: 'string' },
    role: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  },
  async run(values) {
    const user = {
      email: required(values, 'email'),
      password: await readPassword(values),
      roles: (values.role ?? []) as string[],
    }
    const created = await withEnv(async (env) => {
      const tenant_id = optional(values, 'tenant') ?? (await ensureDefaultTenant(env))
      return createUser(env, operatorOf(tenant_id), user)
    })
    console.log(values.json ? JSON.stringify(created) : `User ID  ${created.user_id}`)
    return 0
  },
}
