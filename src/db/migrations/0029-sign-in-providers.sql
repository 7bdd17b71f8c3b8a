-- Sign-in with the accounts of OpenID Connect providers.

create table sign_in_providers (
  tenant_id text not null references tenants,
  id text not null,
  name text not null,
  issuer text not null,
  client_id text not null,
  -- null: a public client
  client_secret text,
  enabled boolean not null,
  -- the other members of `SignInProvider`
  rules jsonb not null,
  created_ts timestamptz not null,
  -- grows with every change: what a process has discovered is that of a version
  updated_ts timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, issuer)
);

-- The accounts by which users sign in. They outlive the provider: one of the same issuer finds them again.
create table user_identities (
  tenant_id text not null,
  issuer text not null,
  subject text not null,
  user_id text not null,
  created_ts timestamptz not null,
  primary key (tenant_id, issuer, subject),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index user_identities_user on user_identities (tenant_id, user_id);

-- The sessions that were opened by a provider. They end with the session of the account at the provider.
create table provider_sessions (
  tenant_id text not null,
  token_id text not null,
  provider_id text not null,
  subject text not null,
  -- of the session at the provider, if it names one
  sid text,
  -- as the provider signed it: it recognizes by it whose session ends when the user signs out
  id_token text not null,
  primary key (tenant_id, token_id),
  foreign key (tenant_id, token_id) references user_tokens on delete cascade
);
create index provider_sessions_subject on provider_sessions (tenant_id, provider_id, subject);

-- Logout tokens that were used: none is valid twice, and no session is opened by a session that has ended.
create table logout_tokens (
  tenant_id text not null references tenants,
  provider_id text not null,
  jti_sha256 text not null,
  sid text,
  used_ts timestamptz not null,
  primary key (tenant_id, provider_id, jti_sha256)
);
create index logout_tokens_old on logout_tokens (used_ts);

-- null: every user may sign in with a password; else only this one
alter table tenants add column password_user_id text;

-- A user who signs in by a provider only has the empty text as the hash of the password.
