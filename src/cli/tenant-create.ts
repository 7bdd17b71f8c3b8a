import { PLANS } from '../auth/plan.ts'
import { createTenant } from '../auth/tenants/create-tenant.ts'
import { type Command, required, UsageError, type Values, withEnv } from './command.ts'
import { readPassword } from './password.ts'
import { planOf } from './tenant-plan.ts'

export const tenantCreateCommand: Command = {
  summary: 'Create a tenant, optionally with its first user',
  help: `
  --name NAME           name of the tenant
  --plan PLAN           ${PLANS.join(', ')} (enterprise)
  --email EMAIL         e-mail address of the first user, with --password
  --password PASSWORD   password of the first user; - reads it from standard input
  --json                print {"tenant_id", "tenant_token"}

Set the tenant token in the configuration of the tenant's devices (TenantToken in mender.conf).`,
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
