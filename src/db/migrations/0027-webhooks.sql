-- Webhooks. An event and its deliveries are inserted in the transaction of the change. A stream is what is still to be
-- sent of one device or deployment to one integration: its row is the lease under which a process sends.

create table integrations (
  tenant_id text not null references tenants,
  id text not null,
  description text not null,
  url text not null,
  -- in hexadecimal; null: nothing is signed
  secret text,
  created_ts timestamptz not null,
  primary key (tenant_id, id)
);

create table webhook_events (
  tenant_id text not null references tenants,
  -- 'device:<id>' or 'deployment:<id>': its events are sent in the order of their times, which are strictly increasing
  subject text not null,
  time timestamptz not null,
  id text not null,
  type text not null,
  data jsonb not null,
  primary key (tenant_id, subject, time)
);
create index webhook_events_listed on webhook_events (tenant_id, time, id);
create unique index webhook_events_id on webhook_events (tenant_id, id);
create index webhook_events_old on webhook_events (time);

-- No reference to the integration: deliveries outlive it.
create table webhook_deliveries (
  tenant_id text not null,
  subject text not null,
  time timestamptz not null,
  integration_id text not null,
  -- pending, delivered, failed
  state text not null default 'pending',
  attempts integer not null default 0,
  last_attempt timestamptz,
  -- how the last attempt ended
  status_code integer,
  error text,
  -- the beginning of the body of the response
  response text,
  took_ms integer,
  primary key (tenant_id, subject, time, integration_id),
  foreign key (tenant_id, subject, time) references webhook_events on delete cascade
);
create index webhook_deliveries_listed on webhook_deliveries (tenant_id, integration_id, time);
create index webhook_deliveries_pending on webhook_deliveries (tenant_id, integration_id, subject, time)
  where state = 'pending';

-- No reference to the integration: a change never fails or waits because an integration is removed at the same time.
create table webhook_streams (
  tenant_id text not null,
  integration_id text not null,
  subject text not null,
  -- of its first pending delivery
  attempts integer not null default 0,
  next_attempt timestamptz not null,
  -- by the clock of the database
  lease text,
  leased_until timestamptz,
  primary key (tenant_id, integration_id, subject)
);
create index webhook_streams_due on webhook_streams (tenant_id, integration_id, next_attempt);
