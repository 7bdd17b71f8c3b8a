-- Claims make invalid what is cached of many devices at once: one row for fifty of them, instead of one each.

-- Devices that have another deployment, separated by commas. A server that does not know the column takes the row for one
-- about all deployments of the tenant.
alter table invalidations add column device_ids text;

create or replace function invalidate_assigned() returns trigger language plpgsql as $$
begin
  -- More ids would be compressed and stored in a table of their own, which costs more than it saves.
  insert into invalidations (tenant_id, device_ids)
  select tenant_id, string_agg(device_id, ',')
  from (select tenant_id, device_id, row_number() over () / 50 as part from assigned where finished is null) devices
  group by tenant_id, part;
  return null;
end $$;
