-- The store of backstory, version 1. Times are integer microseconds since 1970-01-01 UTC.

-- Event types and aggregates are interned: the log is a quarter smaller for it.
CREATE TABLE types (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE aggregates (
  id INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  UNIQUE (type, key)
) STRICT;

-- A branch sees its parent's events up to fork_position, then its own.
CREATE TABLE branches (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  parent INTEGER REFERENCES branches (id),
  fork_position INTEGER,
  tip_position INTEGER,
  tip_hash BLOB,
  events INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

-- The log. hash = SHA-256 over these lines, each ended by \n: backstory-event-1; the parent's hash in
-- hex (64 zeros for the first event); the JSON array [aggregate type, aggregate id, version, type,
-- occurred_at, recorded_at]; data; meta.
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  branch INTEGER NOT NULL,
  aggregate INTEGER NOT NULL,
  version INTEGER NOT NULL,
  type INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  data TEXT NOT NULL,
  meta TEXT NOT NULL,
  parent BLOB,
  hash BLOB NOT NULL,
  UNIQUE (branch, aggregate, version)
) STRICT;

-- A hash is looked up by its first bytes; the whole would double the index for nothing.
CREATE INDEX events_by_hash ON events (substr(hash, 1, 4));

CREATE TRIGGER events_are_facts_update BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'the log is append-only: an event is never changed'); END;
CREATE TRIGGER events_are_facts_delete BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'the log is append-only: an event is never deleted'); END;
-- INSERT OR REPLACE slips past the other two.
CREATE TRIGGER events_are_facts_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = new.position)
  OR EXISTS (SELECT 1 FROM events WHERE branch = new.branch AND aggregate = new.aggregate AND version = new.version)
BEGIN SELECT raise(ABORT, 'the log is append-only: an event is never replaced'); END;

-- The current state of each aggregate on a branch. A rebuild fills another generation, one row swaps.
CREATE TABLE heads (
  generation INTEGER NOT NULL,
  branch INTEGER NOT NULL,
  aggregate INTEGER NOT NULL,
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  position INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  actor TEXT,
  label TEXT NOT NULL,
  status TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  state TEXT NOT NULL,
  error TEXT,
  PRIMARY KEY (generation, branch, aggregate)
) STRICT, WITHOUT ROWID;

-- One index for each named sort of the list.
CREATE INDEX heads_by_recent ON heads (generation, branch, type, position);
CREATE INDEX heads_by_label ON heads (generation, branch, type, label, aggregate);
CREATE INDEX heads_by_status ON heads (generation, branch, type, status, aggregate);
CREATE INDEX heads_by_created ON heads (generation, branch, type, first_at, aggregate);
CREATE INDEX heads_by_versions ON heads (generation, branch, type, version, aggregate);

-- Which generation of heads is shown, and which one a rebuild is filling (NULL: none).
CREATE TABLE generations (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  shown INTEGER NOT NULL,
  filling INTEGER
) STRICT;
INSERT INTO generations VALUES (1, 1, NULL);

-- Every version of the domain, in order; the largest id is in use.
CREATE TABLE domains (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  hash BLOB NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;

-- What imports have delivered: the key that names a record, and the hash of its content.
CREATE TABLE seen (
  key TEXT PRIMARY KEY,
  content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The log for people with sqlite3.
CREATE VIEW log AS
SELECT e.position, b.name AS branch, a.type || '/' || a.key AS aggregate, e.version, t.name AS type,
  strftime('%Y-%m-%dT%H:%M:%S', e.occurred_at / 1000000, 'unixepoch') || printf('.%06dZ', ((e.occurred_at % 1000000) + 1000000) % 1000000) AS occurred_at,
  strftime('%Y-%m-%dT%H:%M:%S', e.recorded_at / 1000000, 'unixepoch') || printf('.%06dZ', ((e.recorded_at % 1000000) + 1000000) % 1000000) AS recorded_at,
  e.data, e.meta, lower(hex(e.parent)) AS parent, lower(hex(e.hash)) AS hash
FROM events e
JOIN branches b ON b.id = e.branch
JOIN aggregates a ON a.id = e.aggregate
JOIN types t ON t.id = e.type;
