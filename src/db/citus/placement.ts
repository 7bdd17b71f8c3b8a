/** A table that is distributed over machines by the hash of a column. */
export type Distributed = {
  table: string
  column: string
  /** The table with which it is colocated: the rows of one device are always on one machine. */
  colocated_with?: string
  /** Foreign keys to such a table, by name: they are dropped while the tables are distributed, and added again. */
  foreign_keys?: Readonly<Record<string, string>>
  /** Triggers, which a distributed table cannot have: they are dropped. Caches are then compared with the tables. */
  triggers?: readonly string[]
}

/**
 * The tables that grow with the number of devices or of their updates, in the order in which they are distributed. All
 * rows of a device are on one machine, except for its identity: of two first requests, a unique key decides which
 * creates the device, and a unique key holds across machines only if it contains the distribution column.
 */
export const DISTRIBUTED: readonly Distributed[] = [
  { table: 'devices', column: 'id', triggers: ['invalidate', 'invalidate_removed'] },
  {
    table: 'auth_sets',
    column: 'device_id',
    colocated_with: 'devices',
    foreign_keys: {
      auth_sets_tenant_id_device_id_fkey:
        'FOREIGN KEY (tenant_id, device_id) REFERENCES devices(tenant_id, id) ON DELETE CASCADE',
    },
  },
  {
    table: 'ddi_devices',
    column: 'device_id',
    colocated_with: 'devices',
    foreign_keys: {
      ddi_devices_tenant_id_device_id_fkey:
        'FOREIGN KEY (tenant_id, device_id) REFERENCES devices(tenant_id, id) ON DELETE CASCADE',
    },
  },
  {
    table: 'ddi_actions',
    column: 'device_id',
    colocated_with: 'devices',
    foreign_keys: {
      ddi_actions_tenant_id_device_id_fkey:
        'FOREIGN KEY (tenant_id, device_id) REFERENCES devices(tenant_id, id) ON DELETE CASCADE',
    },
  },
  {
    table: 'check_ins',
    column: 'device_id',
    colocated_with: 'devices',
    foreign_keys: {
      check_ins_tenant_id_device_id_fkey:
        'FOREIGN KEY (tenant_id, device_id) REFERENCES devices(tenant_id, id) ON DELETE CASCADE',
    },
  },
  {
    table: 'device_configurations',
    column: 'device_id',
    colocated_with: 'devices',
    foreign_keys: {
      device_configurations_tenant_id_device_id_fkey:
        'FOREIGN KEY (tenant_id, device_id) REFERENCES devices(tenant_id, id) ON DELETE CASCADE',
    },
  },
  {
    table: 'device_deployments',
    column: 'device_id',
    colocated_with: 'devices',
    triggers: ['invalidate', 'invalidate_resumed'],
  },
  { table: 'deployment_targets', column: 'device_id', colocated_with: 'devices' },
  { table: 'past_memberships', column: 'device_id', colocated_with: 'devices' },
  { table: 'device_deployment_logs', column: 'device_id', colocated_with: 'devices' },
  { table: 'device_identities', column: 'identity_sha256' },
]

/**
 * The tables that stay on the coordinator, whose locks order all transactions. Reference tables, with a copy on every
 * machine, would make joins cheaper, but a change locks all of such a table until the commit, and counters change with
 * every report.
 */
export const NOT_DISTRIBUTED: readonly string[] = [
  'migrations',
  'secrets',
  'ticket_keys',
  'tenants',
  'users',
  'roles',
  'user_tokens',
  'sign_in_providers',
  'user_identities',
  'provider_sessions',
  'logout_tokens',
  'mailed_links',
  'gateway_tokens',
  'filters',
  'releases',
  'artifacts',
  'artifact_combinations',
  'deployments',
  'deployment_progress',
  'deployment_phases',
  'deployment_samples',
  'fleet_samples',
  'events',
  'idempotency_keys',
  'guesses',
  'integrations',
  'webhook_events',
  'webhook_deliveries',
  'webhook_streams',
  'webhook_failures',
  'download_rates',
  'invalidations',
  'invalidations_pruned',
]
