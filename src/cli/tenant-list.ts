import { findTenants } from '../auth/find-tenant.ts'
import type { Tenant } from '../auth/tenant.ts'
import { type Command, withEnv } from './command.ts'
import { showLimit } from './show-tenant.ts'

export const tenantListCommand: Command = {
  summary: 'List the tenants',
  help: `
  --json               print a JSON array`,
  options: { json: { type: 'boolean' } },
  async run(values) {
    const tenants = await withEnv(findTenants)
    console.log(values.json ? JSON.stringify(tenants) : table(tenants))
    return 0
  },
}

const HEAD = ['TENANT ID', 'NAME', 'PLAN', 'STATUS', 'MAX DEVICES']

function table(tenants: readonly Tenant[]): string {
  const rows = tenants.map(({ id, name, plan, status, max_devices }) => [
    id,
    name,
    plan,
    status,
    showLimit(max_devices),
  ])
  const widths = HEAD.map((_, i) => Math.max(...[HEAD, ...rows].map((row) => row[i]?.length ?? 0)))
  return [HEAD, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
