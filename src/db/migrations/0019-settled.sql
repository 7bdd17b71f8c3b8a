-- On a Citus cluster, a transaction is visible on the coordinator before it is on the workers (docs/decisions/028).
alter table invalidations_pruned
  -- by shard of `devices`, in the order of their bounds: all transactions before it are visible on the shard's machine
  add column settled xid8[],
  add column settled_at timestamptz not null default '-infinity';
