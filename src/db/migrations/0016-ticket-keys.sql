-- The keys of TLS session tickets, one for each period, shared by all processes. Unlogged: with an old key, recorded
-- connections of TLS 1.2 can be read, so keys stay out of the write-ahead log, and with it out of archives and replicas.
create unlogged table ticket_keys (
  period bigint primary key,
  value bytea not null
);
