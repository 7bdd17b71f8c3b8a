alter table tenants add column recipes jsonb not null default '{}';
