-- name: vitals_inbox
SELECT count(*), min(at) FROM inbox WHERE contact_id IS NOT NULL

-- name: vitals_outbox
SELECT count(*), min(at) FROM outbox
WHERE status IN ('waiting', 'sending') AND NOT EXISTS (SELECT 1 FROM lanes WHERE lanes.contact_id = outbox.contact_id AND lanes.heard_at <= :silent_since)

-- name: vitals_cases
SELECT city, count(*), min(waiting_since) FROM cases
WHERE state = 'waiting' AND state <> 'closed' AND practice_for IS NULL  -- said twice for the index of open cases
GROUP BY city
