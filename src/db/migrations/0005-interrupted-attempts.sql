alter table device_deployments
  -- when the attempt was handed out to the device
  add column attempt_since timestamptz,
  -- The server ended it by what the device asked: what the device reports afterwards takes the place of that.
  add column concluded_by_server boolean not null default false;

-- Of further attempts it was not written down: then this is earlier.
update device_deployments set attempt_since = created where finished is null;

create or replace view settled_device_deployments as
select dd.tenant_id, dd.device_id, dd.id, dd.deployment_id, dd.deployment_created, dd.phase_index,
  case when dd.finished is null and p.was_aborted then 'aborted' else dd.status end as status,
  dd.substate, dd.created, dd.started,
  case when dd.finished is null and p.was_aborted then p.finished else dd.finished end as finished,
  dd.deleted, dd.attempts, dd.attempt_begun, dd.device_type, dd.request, dd.artifact_id, dd.image, dd.log,
  -- as a condition it still finds its rows by device_deployments_active
  dd.finished is null and not p.was_aborted as is_active,
  dd.attempt_since, dd.concluded_by_server
from device_deployments dd
  join deployment_progress p on p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id;
