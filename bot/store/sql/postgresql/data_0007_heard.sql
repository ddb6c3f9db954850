-- When the contact last wrote, on channels where nobody may be written to long after that.
ALTER TABLE lanes ADD COLUMN heard_at BIGINT;
