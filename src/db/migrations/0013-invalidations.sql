-- What makes invalid what processes have cached of devices: each process reads the rows that it has not seen, instead of
-- asking for every device that polls (docs/decisions/025). Triggers write them, so that no writer can leave them out.

-- Unlogged: after a crash every connection is new, and a process on a new connection takes nothing cached for valid.
create unlogged table invalidations (
  -- the transaction that made the change: a snapshot says whether a reader has seen it
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  -- null: everything
  tenant_id text,
  -- null: all deployments of the tenant
  device_id text,
  -- the version that the change made; null: the device has another deployment, or is gone
  device_version bigint
);
create index invalidations_xid on invalidations (xid);

-- The newest transaction of which rows have been removed: a reader whose snapshot is older may have missed them.
create table invalidations_pruned (
  xid xid8 not null
);
insert into invalidations_pruned values ('0');

create function invalidate_device() returns trigger language plpgsql as $$
begin
  insert into invalidations (tenant_id, device_id, device_version)
  values (old.tenant_id, old.id, case when tg_op = 'UPDATE' then new.device_version end);
  return null;
end $$;

create trigger invalidate after update of device_version on devices
  for each row when (old.device_version is distinct from new.device_version) execute function invalidate_device();
create trigger invalidate_removed after delete on devices
  for each row execute function invalidate_device();

create function invalidate_assigned() returns trigger language plpgsql as $$
begin
  insert into invalidations (tenant_id, device_id)
  select tenant_id, device_id from assigned where finished is null;
  return null;
end $$;

create trigger invalidate after insert on device_deployments referencing new table as assigned
  for each statement execute function invalidate_assigned();

create function invalidate_resumed() returns trigger language plpgsql as $$
begin
  insert into invalidations (tenant_id, device_id) values (new.tenant_id, new.device_id);
  return null;
end $$;

create trigger invalidate_resumed after update of finished on device_deployments
  for each row when (old.finished is not null and new.finished is null) execute function invalidate_resumed();

create function invalidate_tenant() returns trigger language plpgsql as $$
begin
  -- Of a tenant that was suspended no token is valid any more, whatever it is for.
  insert into invalidations (tenant_id) values (case when old.status = new.status then new.tenant_id end);
  return null;
end $$;

create trigger invalidate after update of deployments_version, status on tenants
  for each row when ((old.deployments_version, old.status) is distinct from (new.deployments_version, new.status))
  execute function invalidate_tenant();
