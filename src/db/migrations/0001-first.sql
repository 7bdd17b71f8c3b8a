-- Every primary key begins with tenant_id and every foreign key carries it, so a row of one tenant cannot point at
-- another's. Devices, their auth sets, deployments and logs are keyed by device id as well: they can be distributed by it.
-- Times are whole milliseconds: what the API shows is what is stored.

create table secrets (
  name text primary key,
  value bytea not null
);

create table tenants (
  tenant_id text primary key,
  name text not null,
  plan text not null check (plan in ('os', 'professional', 'enterprise')),
  trial boolean not null default false,
  status text not null default 'active' check (status in ('active', 'suspended')),
  is_default boolean not null default false,
  -- -1: no limit; 0: no device can be accepted
  max_devices integer not null default -1 check (max_devices >= -1),
  -- grows with every change a poll must notice: deployments created, aborted, finished, artifacts added or removed
  deployments_version bigint not null default 0,
  last_deployment_created timestamptz not null default 'epoch',
  last_event_time timestamptz not null default 'epoch',
  -- what the web GUI remembers for everybody
  settings jsonb not null default '{}',
  created_ts timestamptz not null
);
create unique index tenants_one_default on tenants (is_default) where is_default;

create table users (
  tenant_id text not null references tenants,
  id text not null,
  email text not null,
  password_hash text not null,
  roles text[] not null default '{}',
  tfa_status text not null default 'disabled' check (tfa_status in ('disabled', 'unverified', 'enabled')),
  tfa_secret text check ((tfa_secret is null) = (tfa_status = 'disabled')),
  -- the time step of the last code used: no code of then or before is good again
  tfa_last_step bigint not null default 0,
  settings jsonb not null default '{}',
  created_ts timestamptz not null,
  -- grows with every change: the version of the user
  updated_ts timestamptz not null,
  login_ts timestamptz,
  primary key (tenant_id, id)
);
create unique index users_email on users (email);

-- Made by users, besides the predefined ones.
create table roles (
  tenant_id text not null references tenants,
  name text not null,
  description text not null,
  -- [{"name", "scope"?: {"type", "value": [..]}}]
  permission_sets_with_scope jsonb not null,
  created_ts timestamptz not null,
  updated_ts timestamptz not null,
  primary key (tenant_id, name)
);

-- Sessions (name is null) and personal access tokens. A token is good while its row stands.
create table user_tokens (
  tenant_id text not null,
  id text not null,
  user_id text not null,
  name text,
  created_ts timestamptz not null,
  expires_ts timestamptz,
  last_used timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index user_tokens_user on user_tokens (tenant_id, user_id, created_ts);
create unique index user_tokens_name on user_tokens (tenant_id, user_id, name) where name is not null;

create table devices (
  tenant_id text not null,
  id text not null,
  identity_data jsonb not null,
  identity_sha256 text not null,
  status text not null check (status in ('accepted', 'preauthorized', 'pending', 'rejected', 'noauth')),
  created_ts timestamptz not null,
  updated_ts timestamptz not null,
  check_in_time timestamptz,
  group_name text,
  -- {"<scope>": {"<name>": value}} for the scopes identity, inventory, tags and monitor;
  -- identity/id, identity/status and the system scope live in columns
  attributes jsonb not null default '{}',
  -- {"<scope>": {"<name>": {"description"?, "timestamp"?}}}, null for nearly every device
  attribute_notes jsonb,
  attributes_version bigint not null default 0,
  attributes_updated_ts timestamptz not null,
  primary key (tenant_id, id)
);
create index devices_status on devices (tenant_id, status, created_ts);
create index devices_group on devices (tenant_id, group_name) where group_name is not null;
create index devices_attributes on devices using gin (attributes jsonb_path_ops);

-- One device per identity. Its own table, because a unique key over devices would have to contain the device id.
create table device_identities (
  tenant_id text not null,
  identity_sha256 text not null,
  device_id text not null,
  primary key (tenant_id, identity_sha256)
);

create table auth_sets (
  tenant_id text not null,
  device_id text not null,
  id text not null,
  pubkey text not null,
  key_sha256 text not null,
  status text not null check (status in ('accepted', 'preauthorized', 'pending', 'rejected')),
  -- tokens carry it; raising it kills all tokens issued before
  token_generation integer not null default 0,
  ts timestamptz not null,
  primary key (tenant_id, device_id, id),
  unique (tenant_id, device_id, key_sha256),
  foreign key (tenant_id, device_id) references devices on delete cascade
);
create unique index auth_sets_one_accepted on auth_sets (tenant_id, device_id) where status = 'accepted';
create index auth_sets_id on auth_sets (tenant_id, id);

create table filters (
  tenant_id text not null references tenants,
  id text not null,
  name text not null,
  terms jsonb not null,
  created_ts timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create table releases (
  tenant_id text not null references tenants,
  name text not null,
  modified timestamptz not null,
  tags text[] not null default '{}',
  notes text not null default '',
  primary key (tenant_id, name)
);

create table artifacts (
  tenant_id text not null,
  id text not null,
  name text not null,
  description text not null,
  device_types_compatible text[] not null,
  info jsonb not null,
  signed boolean not null,
  updates jsonb not null,
  artifact_provides jsonb not null,
  artifact_depends jsonb not null,
  clears_artifact_provides text[] not null,
  size bigint not null,
  created timestamptz not null,
  modified timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, name) references releases
);
create index artifacts_name on artifacts (tenant_id, name);

-- Two artifacts of one name must not share a full combination of depends: the key says so.
create table artifact_combinations (
  tenant_id text not null,
  artifact_name text not null,
  combination text not null,
  artifact_id text not null,
  primary key (tenant_id, artifact_name, combination),
  foreign key (tenant_id, artifact_id) references artifacts on delete cascade
);
create index artifact_combinations_artifact on artifact_combinations (tenant_id, artifact_id);

-- What was asked for: written once, never changed (but for update_control_map).
create table deployments (
  tenant_id text not null references tenants,
  id text not null,
  name text not null,
  artifact_name text not null,
  created timestamptz not null,
  type text not null default 'software',
  dynamic boolean not null,
  -- {"id"?, "name"?, "terms"}: a copy, frozen at creation
  filter jsonb,
  groups text[] not null default '{}',
  max_devices integer,
  initial_device_count integer not null,
  retries integer not null default 0,
  force_installation boolean not null default false,
  update_control_map jsonb,
  autogenerate_delta boolean,
  -- phases[0].start_ts: until then the deployment is scheduled
  first_start_ts timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, created)
);

-- What moves. This row is the lock that orders offers, reports and abort of one deployment.
create table deployment_progress (
  tenant_id text not null,
  deployment_id text not null,
  device_count integer not null default 0,
  total_size bigint not null default 0,
  started boolean not null default false,
  finished timestamptz,
  was_aborted boolean not null default false,
  "success" integer not null default 0,
  "pending" integer not null default 0,
  "failure" integer not null default 0,
  "downloading" integer not null default 0,
  "installing" integer not null default 0,
  "rebooting" integer not null default 0,
  "noartifact" integer not null default 0,
  "already-installed" integer not null default 0,
  "aborted" integer not null default 0,
  "decommissioned" integer not null default 0,
  "pause_before_installing" integer not null default 0,
  "pause_before_rebooting" integer not null default 0,
  "pause_before_committing" integer not null default 0,
  primary key (tenant_id, deployment_id),
  foreign key (tenant_id, deployment_id) references deployments
) with (fillfactor = 50);
create index deployment_progress_active on deployment_progress (tenant_id, deployment_id) where finished is null;

create table deployment_phases (
  tenant_id text not null,
  deployment_id text not null,
  phase_index integer not null,
  id text not null,
  batch_size integer not null,
  start_ts timestamptz,
  -- null: no limit (the last phase of a dynamic deployment)
  capacity integer,
  device_count integer not null default 0 check (device_count <= capacity),
  primary key (tenant_id, deployment_id, phase_index),
  foreign key (tenant_id, deployment_id) references deployments
) with (fillfactor = 50);

-- The devices of a static deployment, any strings: they need not exist.
create table deployment_targets (
  tenant_id text not null,
  device_id text not null,
  deployment_id text not null,
  primary key (tenant_id, device_id, deployment_id)
);
create index deployment_targets_deployment on deployment_targets (tenant_id, deployment_id, device_id);

-- One row per device that asked and was counted in.
create table device_deployments (
  tenant_id text not null,
  device_id text not null,
  id text not null,
  deployment_id text not null,
  deployment_created timestamptz not null,
  phase_index integer,
  status text not null,
  substate text,
  created timestamptz not null,
  started timestamptz,
  finished timestamptz,
  -- set when the history is forgotten: the row no longer counts for ordering and the device may be offered it again
  deleted timestamptz,
  attempts integer not null default 1,
  -- handed out or reported since the last counted failure: only then another failure counts
  attempt_begun boolean not null default false,
  device_type text,
  -- what the device sent when it asked
  request jsonb,
  artifact_id text,
  image jsonb,
  log boolean not null default false,
  primary key (tenant_id, device_id, id)
) with (fillfactor = 70);
create unique index device_deployments_live on device_deployments (tenant_id, device_id, deployment_id) where deleted is null;
create unique index device_deployments_active on device_deployments (tenant_id, device_id) where finished is null;
create index device_deployments_baseline on device_deployments (tenant_id, device_id, deployment_created) where finished is not null and deleted is null;
create index device_deployments_forgotten on device_deployments (tenant_id, device_id, deployment_id) where deleted is not null;
create index device_deployments_deployment on device_deployments (tenant_id, deployment_id, status, device_id);

create table device_deployment_logs (
  tenant_id text not null,
  device_id text not null,
  deployment_id text not null,
  messages jsonb not null,
  created timestamptz not null,
  primary key (tenant_id, device_id, deployment_id)
);

-- What happened, once each; the audit log is these rows read back.
create table events (
  tenant_id text not null references tenants,
  time timestamptz not null,
  actor jsonb not null,
  action text not null,
  object_type text not null,
  object_id text not null,
  object jsonb not null,
  change text,
  primary key (tenant_id, time)
);
create index events_object on events (tenant_id, object_type, object_id, time);
