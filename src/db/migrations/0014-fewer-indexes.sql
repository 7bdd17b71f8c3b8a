-- What a claim and a report write: fewer indexes, and none that the reports of a device in progress change. An update that
-- changes no indexed column stays within its page. Rewrites the table.

drop index device_deployments_live;
drop index device_deployments_forgotten;
drop index device_deployments_deployment;

alter table device_deployments
  drop constraint device_deployments_pkey,
  -- 0: the row counts; otherwise the number of the device's rows in the deployment whose history was forgotten
  add column forgotten integer not null default 0,
  -- the status, without the steps in between: by it the devices of a deployment are listed
  add column stage text not null generated always as (
    case when status in ('downloading', 'installing', 'rebooting') then 'in_progress' else status end) stored;

update device_deployments dd set forgotten = n.forgotten
from (
  select tenant_id, device_id, id,
    row_number() over (partition by tenant_id, device_id, deployment_id order by created, id) as forgotten
  from device_deployments where deleted is not null
) n
where dd.tenant_id = n.tenant_id and dd.device_id = n.device_id and dd.id = n.id;

alter table device_deployments
  -- A device has one row in a deployment that counts.
  add primary key (tenant_id, device_id, deployment_id, forgotten),
  add constraint device_deployments_forgotten check ((forgotten = 0) = (deleted is null));
create index device_deployments_deployment on device_deployments (tenant_id, deployment_id, stage, device_id)
  include (deleted);

create or replace view effective_device_deployments as
select dd.tenant_id, dd.device_id, dd.id, dd.deployment_id, dd.deployment_created, dd.phase_index,
  case when dd.finished is null and p.was_aborted then 'aborted' else dd.status end as status,
  dd.substate, dd.created, dd.started,
  case when dd.finished is null and p.was_aborted then p.finished else dd.finished end as finished,
  dd.deleted, dd.attempts, dd.attempt_begun, dd.device_type, dd.request, dd.artifact_id, dd.image, dd.log,
  -- As a condition it still finds its rows by device_deployments_active.
  dd.finished is null and not p.was_aborted as is_active,
  dd.attempt_since, dd.concluded_by_server,
  case when dd.finished is null and not p.was_aborted then dd.timed_out end as timed_out, dd.confirmation, dd.deadline,
  case when dd.finished is null and p.was_aborted then 'aborted' else dd.stage end as stage
from device_deployments dd
  join deployment_progress p on p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id;

-- Nothing reads the devices of a list in their order.
drop index deployment_targets_deployment;
create index deployment_targets_deployment on deployment_targets (tenant_id, deployment_id);
