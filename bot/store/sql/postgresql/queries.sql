-- What PostgreSQL says in other words. A query stands here under the name it has in ../*.sql, with the same values in the same order,
-- and then takes its place; everything else is said once, for both engines. `?` and `:name` are written here, too.

-- name: find_contact_alone
SELECT id, has_left FROM contacts WHERE address_hash = ? FOR NO KEY UPDATE

-- name: due_lanes
-- Whoever is being handled leases for themselves, and what another process is leasing is its own.
SELECT l.contact_id FROM lanes l JOIN contacts c ON c.id = l.contact_id
WHERE l.due_at <= :now AND (l.lease IS NULL OR l.lease_until <= :now)
ORDER BY l.due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED

-- name: next_due
SELECT min(CASE WHEN lease IS NULL THEN due_at ELSE greatest(due_at, lease_until) END) FROM lanes WHERE due_at IS NOT NULL

-- name: place_in_line
SELECT count(*) FROM cases
WHERE city = :city AND state = 'waiting' AND practice_for IS NULL
    AND CASE WHEN kind IN ('advice', 'legal') THEN 'talking' ELSE kind END = :line
    AND (CASE priority WHEN 'high' THEN 0 ELSE 1 END, opened_at, number) <= (:is_ordinary, :opened_at, :number)

-- name: cases_over
SELECT number, key_id FROM cases WHERE state = 'closed' AND closed_at <= ?
UNION ALL
SELECT k.number, k.key_id FROM contacts c JOIN cases k ON k.contact_id = c.id WHERE c.erase_at IS NOT NULL
LIMIT ?

-- name: remove_staff
UPDATE staff SET profile = '', removed_at = ?, telegram_contact = NULL, email_contact = NULL, web_contact = NULL, substitute = NULL
WHERE id = ? AND removed_at IS NULL
