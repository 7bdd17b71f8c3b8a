/** A table that is spread over machines by the hash of a column. */
export type Distributed = {
  table: string
  by: string
  /** The table beside whose rows its own are kept: those of one device are always together. */
  beside?: string
  /** Foreign keys to such a table, by name: they are taken away while the tables are spread, and put back. */
  foreign_keys?: Readonly<Record<string, string>>
}

/**
 * What grows with the number of devices, or with each device that is updated. In the order in which it is spread. All that is known of a
 * device is on one machine, but for its identity: which of two first requests makes the device is for a unique key to say, and such a key
 * holds across machines only where it contains the column by which rows are spread.
 */
export const DISTRIBUTED: readonly Distributed[] = [
  { table: 'devices', by: 'id' },
  {
    table: 'auth_sets',
    by: 'device_id',
    beside: 'devices',
    foreign_keys: {
      auth_sets_tenant_id_device_id_fkey:
        'FOREIGN KEY (tenant_id, device_id) REFERENCES devices(tenant_id, id) ON DELETE CASCADE',
    },
  },
  { table: 'device_deployments', by: 'device_id', beside: 'devices' },
  { table: 'deployment_targets', by: 'device_id', beside: 'devices' },
  { table: 'past_memberships', by: 'device_id', beside: 'devices' },
  { table: 'device_deployment_logs', by: 'device_id', beside: 'devices' },
  { table: 'device_identities', by: 'identity_sha256' },
]

/**
 * What stays on the coordinator, whose locks order everything. A copy of it on every machine, as a reference table, would make joins
 * shorter, but a change to such a table locks all of it until the commit, and counters change with every report.
 */
export const WHOLE: readonly string[] = [
  'migrations',
  'secrets',
  'tenants',
  'users',
  'roles',
  'user_tokens',
  'filters',
  'releases',
  'artifacts',
  'artifact_combinations',
  'deployments',
  'deployment_progress',
  'deployment_phases',
  'events',
  'guesses',
]
