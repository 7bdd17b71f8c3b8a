-- A deployment to all devices, or to a group, keeps no row for each: its devices are those that were accepted (and in the
-- group) when it was created. Each device says since when it is what it is, and what it was before is written down
-- where such a deployment was created meanwhile.

alter table tenants
  -- `created` of the newest deployment to all devices or a group
  add column last_listing_created timestamptz not null default 'epoch',
  -- of the devices, kept where there is a limit
  add column accepted_count integer;
update tenants t set accepted_count = (
  select count(*) from devices d where d.tenant_id = t.tenant_id and d.status = 'accepted')
where max_devices >= 0;
alter table tenants add check ((max_devices >= 0) = (accepted_count is not null));

-- tenants.last_listing_created when the device was last accepted or changed its group: it belongs, as what it is now, to
-- deployments created after that.
alter table devices add column listed_after timestamptz not null default 'epoch';

-- Devices that were accepted, in this group, while deployments were created: later than the one, until the other.
create table past_memberships (
  tenant_id text not null,
  device_id text not null,
  group_name text,
  listed_after timestamptz not null,
  listed_until timestamptz not null,
  primary key (tenant_id, device_id, listed_until)
);
create index past_memberships_until on past_memberships (tenant_id, listed_until);

-- null: the devices are those of the filter, or in deployment_targets; group: groups[1]
alter table deployments add column lists text check (lists in ('all', 'group'));
create index deployments_lists on deployments (tenant_id, created) where lists is not null;

-- The devices of every static deployment.
create view listed_devices as
select tenant_id, device_id, deployment_id from deployment_targets
union all
select m.tenant_id, m.device_id, d.id as deployment_id
from past_memberships m
  join deployments d on d.tenant_id = m.tenant_id and d.created > m.listed_after and d.created <= m.listed_until
where d.lists = 'all' or (d.lists = 'group' and d.groups[1] = m.group_name)
union all
select v.tenant_id, v.id as device_id, d.id as deployment_id
from devices v join deployments d on d.tenant_id = v.tenant_id and d.created > v.listed_after
where v.status = 'accepted' and (d.lists = 'all' or (d.lists = 'group' and d.groups[1] = v.group_name));
