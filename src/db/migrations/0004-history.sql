-- Pages of the audit log are walks of an index, whatever is asked of it, and what matches is counted in the index: so the actor has
-- columns. How many events a tenant has is kept beside the time of the last one.
alter table tenants add column event_count bigint not null default 0;
update tenants t set event_count = (select count(*) from events e where e.tenant_id = t.tenant_id);

drop index events_object;
alter table events
  add column actor_id text generated always as (actor ->> 'id') stored,
  add column actor_email text generated always as (actor ->> 'email') stored;
create index events_actor_id on events (tenant_id, actor_id, time) include (action, object_type);
create index events_actor_email on events (tenant_id, actor_email, time) include (action, object_type);
create index events_action on events (tenant_id, action, time) include (object_type);
create index events_object_type on events (tenant_id, object_type, time);
create index events_object_id on events (tenant_id, object_id, time);

-- The few among many, for the list of deployments.
create index deployment_progress_aborted on deployment_progress (tenant_id, deployment_id) where was_aborted;

-- With what it takes to count the devices of a deployment without looking at their rows.
drop index device_deployments_deployment;
create index device_deployments_deployment on device_deployments (tenant_id, deployment_id, status, device_id) include (deleted);
