-- A user without a role might do everything: now there is a role that says so.
update users set roles = '{RBAC_ROLE_PERMIT_ALL}' where roles = '{}';
alter table users alter column roles drop default;
alter table users add constraint users_have_roles check (cardinality(roles) > 0);

-- Roles of a tenant's own grant what they granted, now that downloading artifacts, seeing the deployments of devices that one configures
-- or connects to, and making access tokens take permission sets of their own.
update roles r set permission_sets_with_scope = r.permission_sets_with_scope || coalesce((
  select jsonb_agg(distinct added.set) from jsonb_array_elements(r.permission_sets_with_scope) as given(set),
    lateral (
      select jsonb_set(given.set, '{name}', case
        when given.set ->> 'name' = 'ReadReleases' then '"DownloadArtifacts"'::jsonb else '"ReadDevices"'::jsonb end) as set
      where given.set ->> 'name' in ('ReadReleases', 'ConfigureDevices', 'ConnectToDevices')
      union all
      select '{"name": "ManageTokens"}'::jsonb
    ) as added
  where added.set not in (select jsonb_array_elements(r.permission_sets_with_scope))
), '[]');

-- What a line of the audit log is about besides its object: the devices of a bulk change, by which it is found.
alter table events add column object_ids text[];
create index events_object_ids on events using gin (object_ids) where object_ids is not null;
