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
