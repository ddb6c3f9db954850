-- name: vitals_inbox
SELECT count(*), min(at) FROM inbox WHERE contact_id IS NOT NULL

-- name: vitals_outbox
SELECT count(*), min(at) FROM outbox
WHERE status IN ('waiting', 'sending') AND contact_id NOT IN (SELECT contact_id FROM lanes WHERE heard_at <= :silent_since)

-- name: vitals_cases
SELECT city, count(*), min(waiting_since) FROM cases
WHERE state = 'waiting' AND state <> 'closed' AND practice_for IS NULL  -- said twice for the index of open cases
GROUP BY city
