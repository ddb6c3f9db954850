-- What only PostgreSQL is asked: locks, its clock, notices, and what makes it ready. Order of locks: see bot.store.postgres.

-- name: hold
-- With the time it is once they are held: that may have taken long.
WITH held AS MATERIALIZED (SELECT id FROM contacts WHERE id = ANY(?) ORDER BY id FOR NO KEY UPDATE)
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, count(*) FROM held

-- name: hold_case
WITH held AS MATERIALIZED (SELECT c.id FROM contacts c JOIN cases k ON k.contact_id = c.id WHERE k.number = ? FOR NO KEY UPDATE OF c)
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, count(*) FROM held

-- name: one_by_one
SELECT pg_advisory_xact_lock(?)

-- name: clock
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint

-- name: notify
-- Nobody needs to wait for the disk: a notice is about what is safe already.
SELECT set_config('synchronous_commit', 'off', true), pg_notify('dragoman', ?)
