-- When another machine was last noticed under the identity of a device: with this key, or by what it reports.
alter table auth_sets add column shared_at timestamptz;
create index auth_sets_shared on auth_sets (tenant_id, shared_at) where shared_at is not null;

-- Since when nothing needs attention; null: something does, or it is not known.
alter table tenants add column quiet_since timestamptz;
