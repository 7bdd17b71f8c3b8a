-- Names that say what the columns hold. Renaming changes the catalog only, whatever the size of the tables.
alter table deployment_progress rename column moved to last_activity;
alter table deployment_progress rename column unsettled to abort_unwritten;
alter index deployment_progress_unsettled rename to deployment_progress_abort_unwritten;
alter table deployments rename column lists to audience;
alter index deployments_lists rename to deployments_audience;
alter table devices rename column attributes_version to device_version;
alter view settled_device_deployments rename to effective_device_deployments;
