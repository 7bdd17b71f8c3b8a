-- Links that are sent to users by e-mail: each is used once, until it expires.

-- When the user proved to receive mail at the address; null: not yet.
alter table users add column verified_ts timestamptz;

create table mailed_links (
  tenant_id text not null,
  -- of the secret in the link, which is stored nowhere
  secret_sha256 text not null,
  user_id text not null,
  -- password_reset, verify_email
  purpose text not null,
  -- the address it was sent to: once the user has another one, the link is of no use
  email text not null,
  expires_ts timestamptz not null,
  primary key (tenant_id, secret_sha256),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create unique index mailed_links_secret on mailed_links (secret_sha256);
create index mailed_links_user on mailed_links (tenant_id, user_id);
create index mailed_links_expired on mailed_links (expires_ts);
