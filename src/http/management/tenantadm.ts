import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import { featuresOf, PlanFeatures } from '../../auth/plan.ts'
import { Tenant } from '../../auth/tenant.ts'
import { findTenant } from '../../auth/tenants/find-tenant.ts'
import { tenantToken } from '../../auth/tenants/tenant-token.ts'
import type { Env } from '../../env.ts'
import type { Routes } from '../http.ts'

export const TenantDescription = Type.Object({
  ...Tenant.properties,
  tenant_token: Type.String({ description: 'By which devices name the tenant' }),
  addons: Type.Array(Type.Object({ name: Type.String(), enabled: Type.Boolean() })),
  features: PlanFeatures,
  limits: Type.Object({ max_devices: Tenant.properties.max_devices }),
  service_provider: Type.Boolean(),
})

export async function describeTenant(env: Env, actor: Actor): Promise<Static<typeof TenantDescription>> {
  const tenant = await findTenant(env, actor)
  return {
    ...{ ...tenant, tenant_token: tenantToken(env, actor.tenant_id), addons: [], service_provider: false },
    ...{ features: featuresOf(actor.plan), limits: { max_devices: tenant.max_devices } },
  }
}

export const tenantadmRoutes: Routes = (http, env) => {
  http.get(
    '/user/tenant',
    {
      schema: {
        tags: ['tenantadm'],
        summary: 'The tenant of whoever asks',
        response: { 200: TenantDescription },
      },
    },
    async ({ actor }) => describeTenant(env, actor),
  )
}
