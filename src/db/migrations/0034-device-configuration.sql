-- What users want devices to be configured with, and what the devices report. As json, not jsonb: the order of the keys
-- stays, and the text that was deployed is the text that the device gets.

create table device_configurations (
  tenant_id text not null,
  device_id text not null,
  configured json not null default '{}',
  reported json not null default '{}',
  -- the newest deployment of a configuration; all before it are finished
  deployment_id text,
  -- null: it was never set, or never reported
  updated_ts timestamptz,
  reported_ts timestamptz,
  primary key (tenant_id, device_id),
  foreign key (tenant_id, device_id) references devices on delete cascade
);

-- What a deployment of the type `configuration` installs; null: it is of another type, or its device was decommissioned.
alter table deployments add column configuration json;
