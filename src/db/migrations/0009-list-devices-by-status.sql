-- Lists of devices with their auth sets are ordered by status, then by id: a page of them is a walk of this index.
create index devices_status_id on devices (tenant_id, status, id);
