-- Devices that speak hawkBit's Direct Device Integration (DDI) instead of Mender's protocol.

alter table devices
  add column dialect text not null default 'mender' check (dialect in ('mender', 'ddi'));

alter table tenants
  -- how devices authenticate by DDI, and how often they poll: `DdiSettings`, without its defaults
  add column ddi jsonb not null default '{}';
-- Devices name their tenant by its id or its name, in any case.
create index tenants_name on tenants (lower(name));

create table gateway_tokens (
  tenant_id text not null references tenants,
  id text not null,
  name text not null,
  token_sha256 text not null,
  created_ts timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

-- What only devices that speak DDI have.
create table ddi_devices (
  tenant_id text not null,
  device_id text not null,
  -- null: the device has no target token
  target_token_sha256 text,
  -- whether the device is asked for its attributes at its next poll
  wants_config_data boolean not null default true,
  -- how often it has been asked in vain
  config_data_asked integer not null default 0,
  -- `device_type_attributes` when it was last asked: with others it is asked again
  type_attributes text,
  -- the device type that the server gave it for want of another
  default_device_type text,
  primary key (tenant_id, device_id),
  foreign key (tenant_id, device_id) references devices on delete cascade
);

-- An attempt of a device to install an artifact, under the number by which the device knows it.
create table ddi_actions (
  tenant_id text not null,
  device_id text not null,
  -- greater than all earlier ones of the device
  action_id integer not null check (action_id > 0),
  deployment_id text not null,
  device_deployment_id text not null,
  attempt integer not null,
  artifact_id text not null,
  created timestamptz not null,
  -- the device has all bytes of the artifact
  downloaded boolean not null default false,
  -- the device has sent feedback, so the log is that of this attempt
  reported boolean not null default false,
  -- when the device was first asked to cancel
  cancel_since timestamptz,
  -- the device goes on, and ends the action later
  cancel_rejected boolean not null default false,
  -- when the device ended it, or began the next one
  closed timestamptz,
  primary key (tenant_id, device_id, action_id),
  unique (tenant_id, device_id, device_deployment_id, attempt, artifact_id),
  foreign key (tenant_id, device_id) references devices on delete cascade
);
