import { Type } from 'typebox'
import { countDevices } from '../../auth/devices/count-devices.ts'
import { tenantToken } from '../../auth/tenants/tenant-token.ts'
import type { Routes } from '../http.ts'
import { describeTenant, TenantDescription } from './tenantadm.ts'

const tags = ['tenantadm']
const Tier = Type.Object({ value: Type.Integer({ description: '-1: any number' }), current_value: Type.Integer() })
const Tiers = Type.Object({ max_devices: Tier, max_micro_devices: Tier, max_system_devices: Tier })
const NONE = { value: 0, current_value: 0 }

/** Below `/api/management/v2/tenantadm`. */
export const tenantRoutes: Routes = (http, env) => {
  http.get(
    '/tenants/me',
    {
      schema: {
        ...{ tags, summary: 'The tenant of whoever asks' },
        querystring: Type.Object({
          tiers: Type.Optional(Type.String({ description: 'true: with device_limits, of each tier of devices' })),
        }),
        response: { 200: Type.Object({ ...TenantDescription.properties, device_limits: Type.Optional(Tiers) }) },
      },
    },
    async ({ actor, query }) => {
      const tenant = await describeTenant(env, actor)
      if (query.tiers !== 'true') return tenant
      const accepted = await countDevices(env, actor, { status: ['accepted'], id: [] })
      // Every device is of the standard tier.
      const max_devices = { value: tenant.max_devices, current_value: accepted }
      return { ...tenant, device_limits: { max_devices, max_micro_devices: NONE, max_system_devices: NONE } }
    },
  )

  http.get(
    '/tenants/me/token',
    {
      schema: {
        ...{ tags, summary: 'By which devices name the tenant' },
        response: { 200: Type.Object({ tenant_token: Type.String() }) },
      },
    },
    async ({ actor }) => ({ tenant_token: tenantToken(env, actor.tenant_id) }),
  )
}
