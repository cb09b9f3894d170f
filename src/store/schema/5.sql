-- Version 5: a rebuild of the heads that was cut off goes on where it was.

-- By what the generation that is being filled is folded, and the newest position when that began.
ALTER TABLE generations ADD COLUMN rules BLOB;
ALTER TABLE generations ADD COLUMN start INTEGER NOT NULL DEFAULT 0;
-- Rises whenever somebody begins to fill, or goes on: whoever has an older one gives way.
ALTER TABLE generations ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
