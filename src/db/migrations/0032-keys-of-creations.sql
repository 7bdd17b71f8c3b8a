-- Requests that create something and have an `Idempotency-Key`. A request claims its key first, in a statement of its
-- own, and the transaction that creates writes `created_id`, if the claim is still its own.

create table idempotency_keys (
  tenant_id text not null references tenants,
  user_id text not null,
  key_sha256 text not null,
  -- of method, address and body, keyed by the key itself; null: the body has not arrived yet
  request_mac text,
  -- of the request that may create; another one takes the key over after the claim has ended
  claim text not null,
  claimed_until timestamptz not null,
  claimed_at timestamptz not null,
  -- what it has created; null: nothing yet
  created_id text,
  primary key (tenant_id, user_id, key_sha256)
);
create index idempotency_keys_old on idempotency_keys (claimed_at);

alter table deployments
  -- that the creation gave; null: none
  add column key text,
  -- a digest of each member of the request that gave the key
  add column declared jsonb,
  add constraint deployments_declared check ((key is null) = (declared is null));
create unique index deployments_key on deployments (tenant_id, key) where key is not null;
