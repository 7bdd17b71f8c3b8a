-- What a list of devices writes: an index of numbers instead of one of three texts, and shorter rows. Nothing repeats an id
-- of a list. Rewrites the table.

drop view listed_devices;
drop index deployment_targets_deployment;
alter table deployment_targets
  drop constraint deployment_targets_pkey,
  alter column deployment_id type uuid using deployment_id::uuid;
create index deployment_targets_device on deployment_targets (hashtextextended(device_id, 0));
create index deployment_targets_deployment on deployment_targets (deployment_id);

-- The devices of every static deployment.
create view listed_devices as
select tenant_id, device_id, deployment_id::text from deployment_targets
union all
select m.tenant_id, m.device_id, d.id as deployment_id
from past_memberships m
  join deployments d on d.tenant_id = m.tenant_id and d.created > m.listed_after and d.created <= m.listed_until
where (d.audience = 'all' or (d.audience = 'group' and d.groups[1] = m.group_name))
  and not coalesce(d.exclude -> 'device_ids' ? m.device_id, false)
union all
select v.tenant_id, v.id as device_id, d.id as deployment_id
from devices v join deployments d on d.tenant_id = v.tenant_id and d.created > v.listed_after
where v.status = 'accepted' and (d.audience = 'all' or (d.audience = 'group' and d.groups[1] = v.group_name))
  and not coalesce(d.exclude -> 'device_ids' ? v.id, false)
union all
-- As `touched_devices`, whose rows are not found by their index through its `distinct`.
select distinct t.tenant_id, t.device_id, d.id as deployment_id
from device_deployments t join deployments d on d.tenant_id = t.tenant_id and d.rollback_of = t.deployment_id
where d.audience = 'touched' and (
  t.started is not null or t.concluded_by_server or (t.artifact_id is not null and t.status <> 'already-installed')
) and (
-- A device that had been removed before is not among them; one that is removed later has a row.
  exists (select 1 from devices v where v.tenant_id = t.tenant_id and v.id = t.device_id)
  or exists (
    select 1 from device_deployments dd
    where dd.tenant_id = t.tenant_id and dd.device_id = t.device_id and dd.deployment_id = d.id));
