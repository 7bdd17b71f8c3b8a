import type { Tenant } from '../auth/tenant.ts'
import { findTenants } from '../auth/tenants/find-tenant.ts'
import { type Command, withEnv } from './command.ts'
import { type Column, printList } from './remote/print.ts'
import { showLimit } from './show-tenant.ts'

export const tenantListCommand: Command = {
  summary: 'List tenants',
  help: `
  --json                print a JSON array`,
  options: { json: { type: 'boolean' } },
  async run(values) {
    const rows = await withEnv(findTenants)
    printList(values, { rows, columns: COLUMNS, none: 'No tenants found.' })
    return 0
  },
}

const COLUMNS: Column<Tenant>[] = [
  ['TENANT ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['PLAN', ({ plan }) => plan],
  ['STATUS', ({ status }) => status],
  ['DEVICE LIMIT', ({ max_devices }) => showLimit(max_devices)],
]
