import { findTenant } from '../auth/tenants/find-tenant.ts'
import { tenantToken } from '../auth/tenants/tenant-token.ts'
import { type Command, required, withEnv } from './command.ts'
import { showTenant } from './show-tenant.ts'

export const tenantShowCommand: Command = {
  summary: 'Show a tenant and its tenant token',
  help: `
  --tenant ID           tenant ID (see "muster tenant list")
  --json                print the tenant as JSON`,
  options: { tenant: { type: 'string' }, json: { type: 'boolean' } },
  async run(values) {
    const tenant_id = required(values, 'tenant')
    const tenant = await withEnv(async (env) => ({
      ...(await findTenant(env, { tenant_id })),
      tenant_token: tenantToken(env, tenant_id),
    }))
    if (values.json) console.log(JSON.stringify(tenant))
    else console.log(`${showTenant(tenant)}\nTenant token  ${tenant.tenant_token}`)
    return 0
  },
}
