-- Questions contacts let us keep, masked before they come here. Nothing says whose a question was: no contact, no conversation, no time
-- but the day, and an id by chance, so that not even the order tells. `done`: what it was used for; then the text is gone.
CREATE TABLE kept_questions (
    id INTEGER PRIMARY KEY,
    city TEXT NOT NULL,
    locale TEXT NOT NULL,
    text TEXT NOT NULL,
    why TEXT NOT NULL CHECK (why IN ('none', 'not-helpful')),
    entry_id TEXT NOT NULL,  -- '': none was shown
    day TEXT NOT NULL,
    done TEXT NOT NULL DEFAULT '' CHECK (done IN ('', 'questions', 'draft', 'dismissed'))
);
CREATE INDEX kept_questions_day ON kept_questions (day);
CREATE INDEX kept_questions_open ON kept_questions (city) WHERE done = '';

-- The counters day by day: numbers only.
CREATE TABLE daily_counters (
    day TEXT NOT NULL,
    city TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    result TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (day, city, entry_id, locale, result)
) WITHOUT ROWID;
