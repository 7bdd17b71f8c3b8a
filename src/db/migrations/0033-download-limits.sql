-- Limits of a tenant: when updates are offered, and how many devices download at a time.

alter table tenants
  -- as given, without the members that are absent (src/deployments/download-limits.ts)
  add column download_limits jsonb not null default '{}';

alter table device_deployments
  -- the limit by attribute that the download of the attempt counts towards, '' for none; null: offered without limits
  add column download_key text,
  -- when the device was last heard from in its download; null: it has ended, or does not count
  add column download_seen timestamptz;
-- What counts as running. Without limits no row is in it.
create index device_deployments_downloads on device_deployments (tenant_id, download_seen) include (download_key)
  where download_seen is not null and finished is null;

-- Until when the bytes that were reserved last take, at the limit of bytes a second: of a tenant, and of a value of the
-- attribute. Lost with a crash of PostgreSQL, after which it begins again.
create unlogged table download_rates (
  tenant_id text not null references tenants (tenant_id),
  -- 'all', or as download_key
  key text not null,
  next_at timestamptz not null,
  primary key (tenant_id, key)
) with (fillfactor = 50);
