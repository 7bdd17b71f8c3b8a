-- Wrong guesses at passwords and codes, counted where all processes see them: a token bucket for each thing that is guessed at.
-- A key is a digest, of an account that may not exist and so of no tenant.
create table guesses (
    key text primary key,
    -- Wrong guesses that are not forgiven yet, as of `at`; one is forgiven each `every_ms`.
    wrong double precision not null,
    every_ms double precision not null,
    -- Guesses that are being checked.
    pending integer not null,
    at timestamptz not null
);
