-- For a while 0001-first.sql was edited in place. What follows brings a database of its first text, and one of its last, to the
-- same schema: it adds what is missing and counts what has not been counted.

-- devices.check_in_time is in no index, so that noting it touches the row alone. devices.attributes_version grows with whatever
-- decides which deployments are meant for the device (but check_in_time): attributes, group, status, history forgotten.
alter table devices set (fillfactor = 85);
-- The newest first: the one order by which people look at a whole fleet and that no report changes.
create index if not exists devices_created on devices (tenant_id, created_ts, id);

-- what every request of a device is checked against, without a look at the rows
drop index auth_sets_one_accepted;
create unique index auth_sets_one_accepted on auth_sets (tenant_id, device_id) include (id, token_generation) where status = 'accepted';

create index if not exists deployments_start on deployments (tenant_id, first_start_ts) where first_start_ts is not null;

alter table deployment_progress
  -- when a device was last counted in or reported something new
  add column if not exists moved timestamptz,
  -- aborted, and device_deployments does not say so everywhere yet
  add column if not exists unsettled boolean not null default false,
  -- of its devices, beyond the counters
  add column if not exists history text not null default 'kept' check (history in ('kept', 'leaving', 'removed')),
  -- The transaction that wrote the row last: by it readers find what they have not seen. No index may hold it, since an
  -- update that changes no index stays within its page; what is indexed is which 8192 transactions it was one of.
  add column if not exists changed_xid xid8 not null default pg_current_xact_id();
alter table deployment_progress
  add column if not exists changed_span bigint not null generated always as (changed_xid::text::bigint >> 13) stored;
create index if not exists deployment_progress_changed on deployment_progress (tenant_id, changed_span);
create index if not exists deployment_progress_kept on deployment_progress (finished) where history = 'kept' and finished is not null;
create index if not exists deployment_progress_leaving on deployment_progress (tenant_id, deployment_id) where history = 'leaving';
create index if not exists deployment_progress_unsettled on deployment_progress (tenant_id, deployment_id) where unsettled;

-- of the devices counted in here, as in deployment_progress
alter table deployment_phases
  add column if not exists "success" integer not null default 0,
  add column if not exists "pending" integer not null default 0,
  add column if not exists "failure" integer not null default 0,
  add column if not exists "downloading" integer not null default 0,
  add column if not exists "installing" integer not null default 0,
  add column if not exists "rebooting" integer not null default 0,
  add column if not exists "noartifact" integer not null default 0,
  add column if not exists "already-installed" integer not null default 0,
  add column if not exists "aborted" integer not null default 0,
  add column if not exists "decommissioned" integer not null default 0,
  add column if not exists "pause_before_installing" integer not null default 0,
  add column if not exists "pause_before_rebooting" integer not null default 0,
  add column if not exists "pause_before_committing" integer not null default 0;

-- The rows of device_deployments as they are once settled: an abort ends every unfinished one of its deployment as it commits,
-- however many they are, and they are written down after it.
create or replace view settled_device_deployments as
select dd.tenant_id, dd.device_id, dd.id, dd.deployment_id, dd.deployment_created, dd.phase_index,
  case when dd.finished is null and p.was_aborted then 'aborted' else dd.status end as status,
  dd.substate, dd.created, dd.started,
  case when dd.finished is null and p.was_aborted then p.finished else dd.finished end as finished,
  dd.deleted, dd.attempts, dd.attempt_begun, dd.device_type, dd.request, dd.artifact_id, dd.image, dd.log,
  -- as a condition it still finds its rows by device_deployments_active
  dd.finished is null and not p.was_aborted as is_active
from device_deployments dd
  join deployment_progress p on p.tenant_id = dd.tenant_id and p.deployment_id = dd.deployment_id;

-- An abort is no device's doing.
update deployment_progress p set moved = n.moved
from (
  select tenant_id, deployment_id, max(greatest(created, started, case when status <> 'aborted' then finished end)) as moved
  from device_deployments
  where (tenant_id, deployment_id) in (select tenant_id, deployment_id from deployment_progress where moved is null)
  group by 1, 2
) n
where p.tenant_id = n.tenant_id and p.deployment_id = n.deployment_id and p.moved is null;

-- Each device by its newest row in the deployment.
with uncounted as (
  select distinct tenant_id, deployment_id from deployment_phases
  where device_count <> "success" + "pending" + "failure" + "downloading" + "installing" + "rebooting" + "noartifact"
    + "already-installed" + "aborted" + "decommissioned" + "pause_before_installing" + "pause_before_rebooting"
    + "pause_before_committing"
), newest as (
  select distinct on (tenant_id, deployment_id, device_id) tenant_id, deployment_id, phase_index, status
  from settled_device_deployments join uncounted using (tenant_id, deployment_id)
  order by tenant_id, deployment_id, device_id, deleted is null desc, created desc
), counted as (
  select tenant_id, deployment_id, phase_index,
    count(*) filter (where status = 'success') as "success",
    count(*) filter (where status = 'pending') as "pending",
    count(*) filter (where status = 'failure') as "failure",
    count(*) filter (where status = 'downloading') as "downloading",
    count(*) filter (where status = 'installing') as "installing",
    count(*) filter (where status = 'rebooting') as "rebooting",
    count(*) filter (where status = 'noartifact') as "noartifact",
    count(*) filter (where status = 'already-installed') as "already-installed",
    count(*) filter (where status = 'aborted') as "aborted",
    count(*) filter (where status = 'decommissioned') as "decommissioned",
    count(*) filter (where status = 'pause_before_installing') as "pause_before_installing",
    count(*) filter (where status = 'pause_before_rebooting') as "pause_before_rebooting",
    count(*) filter (where status = 'pause_before_committing') as "pause_before_committing"
  from newest group by 1, 2, 3
)
update deployment_phases f set
  "success" = c."success",
  "pending" = c."pending",
  "failure" = c."failure",
  "downloading" = c."downloading",
  "installing" = c."installing",
  "rebooting" = c."rebooting",
  "noartifact" = c."noartifact",
  "already-installed" = c."already-installed",
  "aborted" = c."aborted",
  "decommissioned" = c."decommissioned",
  "pause_before_installing" = c."pause_before_installing",
  "pause_before_rebooting" = c."pause_before_rebooting",
  "pause_before_committing" = c."pause_before_committing"
from counted c
where f.tenant_id = c.tenant_id and f.deployment_id = c.deployment_id and f.phase_index = c.phase_index;
