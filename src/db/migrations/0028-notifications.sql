-- What integrations are sent, how it is written, and which of them fail.

alter table integrations
  -- json, slack, email
  add column format text not null default 'json',
  -- null: events of all types, also of those to come
  add column events text[];

-- An integration whose last attempts failed. No reference to it, like the streams.
create table webhook_failures (
  tenant_id text not null references tenants,
  integration_id text not null,
  since timestamptz not null,
  primary key (tenant_id, integration_id)
);
