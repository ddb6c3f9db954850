-- name: add_daily_count
INSERT INTO daily_counters (day, city, entry_id, locale, result, n) VALUES (?, ?, ?, ?, ?, 1)
ON CONFLICT (day, city, entry_id, locale, result) DO UPDATE SET n = daily_counters.n + 1

-- name: daily_counters
SELECT day, city, entry_id, locale, result, n FROM daily_counters

-- name: add_question
INSERT INTO kept_questions (id, city, locale, text, why, entry_id, day) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: count_open_questions
SELECT count(*) FROM kept_questions WHERE city = ? AND done = ''

-- name: open_questions
SELECT id, city, locale, text, why, entry_id, day FROM kept_questions WHERE done = '' ORDER BY day, id

-- name: settle_question
UPDATE kept_questions SET done = ?, text = '' WHERE id = ? AND done = ''

-- name: drop_old_questions
DELETE FROM kept_questions WHERE day < ?
