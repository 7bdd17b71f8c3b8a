-- Rollouts that stop themselves. A deployment that has none of this, as all existing ones, goes on as before.

alter table tenants
  -- {"<name>": recipe}: recipes that people have edited or added
  add column recipes jsonb not null default '{}';

alter table deployments
  -- failure policy, limits and schedule; null: none, and no phase has a gate
  add column rollout jsonb,
  -- {"device_ids": [..], "filter"?: {"id", "name", "terms"}}
  add column exclude jsonb,
  -- {"id", "email"?}; null: not known
  add column created_by jsonb,
  -- The deployment whose devices this one rolls back.
  add column rollback_of text,
  drop constraint deployments_lists_check,
  -- touched: the devices that `rollback_of` has made an offer to
  add constraint deployments_audience_check check (audience in ('all', 'group', 'touched')),
  add constraint deployments_touched_check check (audience is distinct from 'touched' or rollback_of is not null);
create index deployments_rollback on deployments (tenant_id, rollback_of) where rollback_of is not null;

update deployments d set created_by = jsonb_strip_nulls(jsonb_build_object('id', e.actor_id, 'email', e.actor_email))
from events e
where e.tenant_id = d.tenant_id and e.object_type = 'deployment' and e.action = 'create' and e.object_id = d.id;

alter table deployment_progress
  add column paused_at timestamptz,
  -- {"id", "email"?}
  add column paused_by jsonb,
  add column pause_reason text,
  -- how the failure policy stopped the deployment last
  add column trip jsonb,
  -- {"deployment": {"ended", "failed"}, "phases": [..]}: what the policy does not count since the last resume
  add column policy_base jsonb,
  -- [[end of a second in ms, offers], ..] of the last minute
  add column recent_offers jsonb,
  add column rolled_back_by text,
  -- Devices whose status does not say how they stand: `Standing` in src/deployments/standing.ts.
  add column timed_out integer not null default 0,
  add column awaiting_retry integer not null default 0,
  add column unconfirmed integer not null default 0,
  add column confirmation_missed integer not null default 0;

alter table deployment_phases
  -- {"device_ids": [..]} or {"filter": {"id", "name", "terms"}}: the phase is for these devices
  add column named jsonb,
  -- in random order: the phase is for devices with a lower rank; null: for all others
  add column rank_below bigint,
  add column gate jsonb,
  -- when the phase opened, if the deployment has gates
  add column opened_at timestamptz,
  -- of the gate: since when its percentage holds, and when it opened
  add column held_since timestamptz,
  add column gate_opened_at timestamptz,
  add column gate_opened_by jsonb,
  add column gate_open_reason text,
  add column approved_at timestamptz,
  add column approved_by jsonb,
  add column approval_comment text,
  -- {"<program>": {"verdict", "reason"?, "at", "by"}}
  add column verdicts jsonb not null default '{}',
  add column timed_out integer not null default 0,
  add column awaiting_retry integer not null default 0,
  add column unconfirmed integer not null default 0,
  add column confirmation_missed integer not null default 0;

alter table device_deployments
  -- when the device was found not to have ended in time; null once it ends or begins another attempt
  add column timed_out timestamptz,
  add column confirmation text check (confirmation in ('awaited', 'confirmed', 'missed')),
  -- when the time to end, or to be confirmed, is over
  add column deadline timestamptz;
create index device_deployments_deadline on device_deployments (deadline) where deadline is not null;
create index device_deployments_confirmation on device_deployments (tenant_id, device_id)
  where confirmation in ('awaited', 'missed');

create or replace view effective_device_deployments as
select dd.tenant_id, dd.device_id, dd.id, dd.deployment_id, dd.deployment_created, dd.phase_index,
  case when dd.finished is null and p.was_aborted then 'aborted' else dd.status end as status,
  dd.substate, dd.created, dd.started,
  case when dd.finished is null and p.was_aborted then p.finished else dd.finished end as finished,
  dd.deleted, dd.attempts, dd.attempt_begun, dd.device_type, dd.request, dd.artifact_id, dd.image, dd.log,
  -- As a condition it still finds its rows by device_deployments_active.
  dd.finished is null and not p.was_aborted as is_active,
  dd.attempt_since, dd.concluded_by_server,
  case when dd.finished is null and not p.was_aborted then dd.timed_out end as timed_out, dd.confirmation, dd.deadline
from device_deployments dd
  join deployment_progress p on p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id;

-- Whether the device has had an offer. A row that ended as it was made has had none; once true, it stays so.
create view touched_devices as
select distinct tenant_id, device_id, deployment_id from device_deployments
where started is not null or concluded_by_server or (artifact_id is not null and status <> 'already-installed');

-- The devices of every static deployment.
create or replace view listed_devices as
select tenant_id, device_id, deployment_id from deployment_targets
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

-- Attempts that have not begun, of deployments that are not aborted.
update deployment_progress p set awaiting_retry = w.devices
from (
  select tenant_id, deployment_id, count(*) as devices from device_deployments
  where finished is null and not attempt_begun group by 1, 2
) w
where p.tenant_id = w.tenant_id and p.deployment_id = w.deployment_id and not p.was_aborted;
update deployment_phases f set awaiting_retry = w.devices
from (
  select dd.tenant_id, dd.deployment_id, dd.phase_index, count(*) as devices
  from device_deployments dd
    join deployment_progress p on p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id
  where dd.finished is null and not dd.attempt_begun and not p.was_aborted group by 1, 2, 3
) w
where f.tenant_id = w.tenant_id and f.deployment_id = w.deployment_id and f.phase_index = w.phase_index;
