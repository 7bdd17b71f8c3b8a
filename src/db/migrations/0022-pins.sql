-- Devices that users keep from updates, and devices that users let go on although an update control map pauses them.

alter table devices
  -- 'forever' or a time as text, RFC 3339 in UTC with milliseconds: texts sort as times do, and 'forever' is last; null: the device is not pinned
  add column pinned_until text collate "C",
  -- {"reason", "by": {"id", "email"}, "since"}
  add column pin jsonb,
  add constraint devices_pin check ((pinned_until is null) = (pin is null));
create index devices_pinned on devices (tenant_id, pinned_until) where pinned_until is not null;

alter table device_deployments
  -- the states of the update control map in which the device does not pause any more; null: none
  add column continued_states text[];
