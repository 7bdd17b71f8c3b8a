import { PLANS } from '../auth/plan.ts'
import { changeTenant, type TenantChange } from '../auth/tenants/change-tenant.ts'
import { findTenant } from '../auth/tenants/find-tenant.ts'
import { type Command, optional, required, UsageError, type Values, withEnv } from './command.ts'
import { showTenant } from './show-tenant.ts'
import { planOf } from './tenant-plan.ts'

type Kind = {
  summary: string
  help?: string
  /** The option with the new value. */
  option?: string
  change: (values: Values) => Omit<TenantChange, 'tenant_id'>
}

const changeCommand = ({ summary, help = '', option, change }: Kind): Command => ({
  summary,
  help: `
  --tenant ID           tenant ID (see "muster tenant list")${help}
  --json                print the tenant as JSON`,
  options: {
    tenant: { type: 'string' },
    json: { type: 'boolean' },
    ...(option ? { [option]: { type: 'string' as const } } : {}),
  },
  async run(values) {
    const tenant_id = required(values, 'tenant')
    const changes = change(values)
    const tenant = await withEnv(async (env) => {
      await changeTenant(env, { tenant_id, ...changes })
      return findTenant(env, { tenant_id })
    })
    console.log(values.json ? JSON.stringify(tenant) : showTenant(tenant))
    return 0
  },
})

export const tenantSuspendCommand = changeCommand({
  summary: 'Suspend a tenant: its users, devices and tokens have no access',
  change: () => ({ status: 'suspended' }),
})

export const tenantResumeCommand = changeCommand({
  summary: 'Resume a suspended tenant: its tokens are valid again',
  change: () => ({ status: 'active' }),
})

export const tenantSetPlanCommand = changeCommand({
  summary: 'Change the plan of a tenant',
  help: `
  --plan PLAN           ${PLANS.join(', ')}`,
  option: 'plan',
  change: (values) => ({ plan: planOf(values) }),
})

export const tenantSetMaxDevicesCommand = changeCommand({
  summary: 'Set the device limit of a tenant',
  help: `
  --max-devices COUNT   maximum number of accepted devices, or unlimited; already accepted devices stay accepted`,
  option: 'max-devices',
  change: (values) => ({ max_devices: limitOf(values) }),
})

const MAX = 2 ** 31 - 1

function limitOf(values: Values): number {
  const text = optional(values, 'max-devices') ?? ''
  if (text === 'unlimited') return -1
  if (!/^\d+$/.test(text) || Number(text) > MAX)
    throw new UsageError(`--max-devices must be a number from 0 to ${MAX}, or unlimited`)
  return Number(text)
}
