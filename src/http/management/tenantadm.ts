import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import { featuresOf, PlanFeatures } from '../../auth/plan.ts'
import { Tenant } from '../../auth/tenant.ts'
import { findTenant } from '../../auth/tenants/find-tenant.ts'
import { tenantToken } from '../../auth/tenants/tenant-token.ts'
import type { Env } from '../../env.ts'
import type { Routes } from '../http.ts'

const Addon = Type.Object(
  {
    name: Type.String({ description: 'Name of the add-on' }),
    enabled: Type.Boolean({ description: 'Whether the tenant has it' }),
  },
  { title: 'Addon', description: "An add-on of Mender's plans" },
)

export const TenantDescription = Type.Object(
  {
    ...Tenant.properties,
    tenant_token: Type.String({ description: 'The token by which devices name the tenant' }),
    addons: Type.Array(Addon, { description: 'What Mender has as add-ons: every tenant can configure devices' }),
    features: PlanFeatures,
    limits: Type.Object(
      { max_devices: Tenant.properties.max_devices },
      { title: 'TenantLimits', description: 'Limits of the tenant' },
    ),
    service_provider: Type.Boolean({ description: 'Always false: no tenant has tenants of its own' }),
  },
  { title: 'Tenant', description: 'A customer or department with its own users, devices and deployments' },
)

/** Mender's web GUI shows what belongs to them. */
const ADDONS = [{ name: 'configure', enabled: true }]

export async function describeTenant(env: Env, actor: Actor): Promise<Static<typeof TenantDescription>> {
  const tenant = await findTenant(env, actor)
  return {
    ...{ ...tenant, tenant_token: tenantToken(env, actor.tenant_id), addons: ADDONS, service_provider: false },
    ...{ features: featuresOf(actor.plan), limits: { max_devices: tenant.max_devices } },
  }
}

export const tenantadmRoutes: Routes = (http, env) => {
  http.get(
    '/user/tenant',
    {
      schema: {
        ...{ tags: ['tenantadm'], operationId: 'getTenant', summary: 'Get the tenant of the user' },
        response: { 200: TenantDescription },
      },
    },
    async ({ actor }) => describeTenant(env, actor),
  )
}
