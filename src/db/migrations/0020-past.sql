-- Failures by reason; and the past of deployments and of fleets, recorded by a background task. `step` is the number of seconds that a row stands
-- for; 0: as it was recorded. Of older rows, the last of each 5 minutes, hour and day remains.

alter table device_deployment_logs
  -- what the last error of the log has in common with those of other devices; '': it has none; null: not looked at yet
  add column reason text;
create index device_deployment_logs_reason on device_deployment_logs (tenant_id, deployment_id, reason);
create index device_deployment_logs_unread on device_deployment_logs (tenant_id) where reason is null;

create table deployment_samples (
  tenant_id text not null,
  deployment_id text not null,
  time timestamptz not null,
  step integer not null default 0,
  -- {"device_count": 3, "success": 2, ..}: those counters of deployment_progress that are not 0
  counters jsonb not null,
  primary key (tenant_id, deployment_id, time),
  foreign key (tenant_id, deployment_id) references deployments
);
create index deployment_samples_step on deployment_samples (step, time);

create table fleet_samples (
  tenant_id text not null references tenants,
  time timestamptz not null,
  step integer not null default 0,
  -- how long it took to count
  took_ms integer not null,
  -- {"by_status", "by_last_report", "seen_today", "software": [{"artifact_name", "device_type", "count"}], "others", "unknown"}
  counts jsonb not null,
  primary key (tenant_id, time)
);
create index fleet_samples_step on fleet_samples (step, time);
