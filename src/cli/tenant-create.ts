import { PLANS } from '../auth/plan.ts'
import { createTenant } from '../auth/tenants/create-tenant.ts'
import { type Command, required, UsageError, type Values, withEnv } from './command.ts'
import { readPassword } from './password.ts'
import { planOf } from './plan.ts'

export const tenantCreateCommand: Command = {
  summary: 'Create a tenant, and its first user if you like',
  help: `
  --name N        what to call it
  --plan P        ${PLANS.join(', ')} (enterprise)
  --email E       the first user's e-mail address, with --password
  --password P    the first user's password; - reads it from standard input
  --json          print {"tenant_id", "tenant_token"}

The tenant token goes into the configuration of the tenant's devices (TenantToken in mender.conf).`,
  options: {
    name: { type: 'string' },
    plan: { type: 'string' },
    email: { type: 'string' },
    password: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(values) {
    const tenant = { name: required(values, 'name'), plan: planOf(values, 'enterprise') }
    const user = await userOf(values)
    const created = await withEnv((env) => createTenant(env, user ? { ...tenant, user } : tenant))
    if (values.json) console.log(JSON.stringify(created))
    else console.log(`Tenant ID     ${created.tenant_id}\nTenant token  ${created.tenant_token}`)
    return 0
  },
}

async function userOf(values: Values) {
  if (values.email === undefined && values.password === undefined) return undefined
  if (values.email === undefined || values.password === undefined)
    throw new UsageError('Give --email and --password together, or neither')
  return { email: required(values, 'email'), password: await readPassword(values) }
}
