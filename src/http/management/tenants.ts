import { Type } from 'typebox'
import { countDevices } from '../../auth/devices/count-devices.ts'
import { tenantToken } from '../../auth/tenants/tenant-token.ts'
import type { Routes } from '../http.ts'
import { describeTenant, TenantDescription } from './tenantadm.ts'

const tags = ['tenantadm']
const Tier = Type.Object(
  {
    value: Type.Integer({ description: 'Devices that can be accepted; -1: no limit' }),
    current_value: Type.Integer({ description: 'Devices that are accepted' }),
  },
  { title: 'TierLimit', description: 'Limit for the devices of one tier; Muster only has the tier `standard`' },
)
const Tiers = Type.Object(
  { max_devices: Tier, max_micro_devices: Tier, max_system_devices: Tier },
  { title: 'TierLimits', description: 'Limits for the devices of each tier' },
)
const TenantWithLimits = Type.Object(
  { ...TenantDescription.properties, device_limits: Type.Optional(Tiers) },
  { title: 'TenantWithLimits', description: 'A tenant and, if asked for, its limits for devices' },
)
const NONE = { value: 0, current_value: 0 }

/** Below `/api/management/v2/tenantadm`. */
export const tenantRoutes: Routes = (http, env) => {
  http.get(
    '/tenants/me',
    {
      schema: {
        ...{ tags, operationId: 'getOwnTenant', summary: 'Get the tenant of the user with its limits' },
        querystring: Type.Object({
          tiers: Type.Optional(Type.String({ description: '`true`: with `device_limits`' })),
        }),
        response: { 200: TenantWithLimits },
      },
    },
    async ({ actor, query }) => {
      const tenant = await describeTenant(env, actor)
      if (query.tiers !== 'true') return tenant
      const accepted = await countDevices(env, actor, { status: ['accepted'], id: [] })
      // Every device has the standard tier.
      const max_devices = { value: tenant.max_devices, current_value: accepted }
      return { ...tenant, device_limits: { max_devices, max_micro_devices: NONE, max_system_devices: NONE } }
    },
  )

  http.get(
    '/tenants/me/token',
    {
      schema: {
        ...{ tags, operationId: 'getTenantToken', summary: 'Get the token by which devices name the tenant' },
        response: {
          200: Type.Object(
            { tenant_token: TenantDescription.properties.tenant_token },
            { title: 'TenantToken', description: 'The token of a tenant' },
          ),
        },
      },
    },
    async ({ actor }) => ({ tenant_token: tenantToken(env, actor.tenant_id) }),
  )
}
