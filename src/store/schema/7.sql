-- Version 7: what every event changes is brought into its indexes many events at a time.

-- Where each head stands in the orders of the list that every event changes.
CREATE TABLE places (
  generation INTEGER NOT NULL,
  branch INTEGER NOT NULL,
  aggregate INTEGER NOT NULL,
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (generation, branch, aggregate)
) STRICT, WITHOUT ROWID;
INSERT INTO places SELECT generation, branch, aggregate, type, version, position FROM heads
ORDER BY generation, branch, aggregate;
CREATE INDEX places_by_recent ON places (generation, branch, type, position);
CREATE INDEX places_by_versions ON places (generation, branch, type, version, aggregate);
DROP INDEX heads_by_recent;
DROP INDEX heads_by_versions;

-- Events by the first bytes of their hash.
CREATE TABLE hashes (
  start BLOB NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (start, position)
) STRICT, WITHOUT ROWID;
INSERT INTO hashes SELECT substr(hash, 1, 4), position FROM events ORDER BY 1, 2;
DROP INDEX events_by_hash;

-- The branch's own events up to here are in both; what came later is found at the end of the log.
ALTER TABLE branches ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
UPDATE branches SET indexed = coalesce(tip_position, 0);
