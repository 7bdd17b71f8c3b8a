import type { Tenant } from '../auth/tenant.ts'
import { timeText } from './remote/print.ts'

/** The attributes of a tenant, one per line. */
export const showTenant = ({ id, name, plan, status, max_devices, created_ts }: Tenant): string => `\
Tenant ID     ${id}
Name          ${name}
Plan          ${plan}
Status        ${status}
Device limit  ${showLimit(max_devices)}
Created       ${timeText(created_ts)}`

export const showLimit = (max_devices: number): string => (max_devices < 0 ? 'unlimited' : String(max_devices))
