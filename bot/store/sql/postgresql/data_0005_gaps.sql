-- Questions contacts let us keep, masked before they come here. Nothing says whose a question was: no contact, no conversation, no time
-- but the day, and an id by chance, so that not even the order tells. `done`: what it was used for; then the text is gone.
CREATE TABLE kept_questions (
    id BIGINT PRIMARY KEY,
    city TEXT COLLATE "C" NOT NULL,
    locale TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    why TEXT COLLATE "C" NOT NULL CHECK (why IN ('none', 'not-helpful')),
    entry_id TEXT COLLATE "C" NOT NULL,  -- '': none was shown
    day TEXT COLLATE "C" NOT NULL,
    done TEXT COLLATE "C" NOT NULL DEFAULT '' CHECK (done IN ('', 'questions', 'draft', 'dismissed'))
);
CREATE INDEX kept_questions_day ON kept_questions (day);
CREATE INDEX kept_questions_open ON kept_questions (city) WHERE done = '';

-- The counters day by day: numbers only.
CREATE TABLE daily_counters (
    day TEXT COLLATE "C" NOT NULL,
    city TEXT COLLATE "C" NOT NULL,
    entry_id TEXT COLLATE "C" NOT NULL,
    locale TEXT COLLATE "C" NOT NULL,
    result TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, city, entry_id, locale, result)
);
