-- The store of backstory, version 1. Times are integer microseconds since 1970-01-01 UTC.

-- The store itself. `id` is drawn at random when the store is made: a backup gets another, so that what somebody
-- allowed one file is not allowed its copy. `worked` counts the jobs that were handed to workers.
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  worked INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Of tables that no event vouches for: the SHA-256 of each row, all of them combined by XOR, so that a row which was
-- altered, added or removed by somebody else is found. The recipe is in sums.rs.
CREATE TABLE sums (
  name TEXT PRIMARY KEY,
  sum BLOB NOT NULL
) STRICT, WITHOUT ROWID;

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
  created_at INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0,
  -- The parent's own events up to the fork; too many until fill_from has passed fill_to.
  parent_events INTEGER NOT NULL DEFAULT 0,
  -- The parent's events from fill_from on may have moved heads on since the fork: until the state at the fork is
  -- written for each of them, the branch lacks heads. Events up to fill_to are in parent_events already.
  fill_from INTEGER NOT NULL DEFAULT 1,
  fill_to INTEGER NOT NULL DEFAULT 0,
  -- The branch's own events up to here are in places and hashes; what came later is found at the end of the log.
  indexed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX branches_by_parent ON branches (parent, fork_position);

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
-- A branch's own events; main's lie in the log one after the other and need no index.
CREATE INDEX events_off_main ON events (branch, position) WHERE branch <> 1;

CREATE TRIGGER events_are_facts_update BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'the log is append-only: an event is never changed'); END;
CREATE TRIGGER events_are_facts_delete BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'the log is append-only: an event is never deleted'); END;
-- INSERT OR REPLACE slips past the other two.
CREATE TRIGGER events_are_facts_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = new.position)
  OR EXISTS (SELECT 1 FROM events WHERE branch = new.branch AND aggregate = new.aggregate AND version = new.version)
BEGIN SELECT raise(ABORT, 'the log is append-only: an event is never replaced'); END;

-- In a store that holds a part of a log: a stretch of positions whose events are left out, the branch that owns them,
-- and the hash of the last one. A whole store has none.
CREATE TABLE absent (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  branch INTEGER NOT NULL,
  last_hash BLOB NOT NULL
) STRICT;

-- Events by the first bytes of their hash; the whole would double the table for nothing.
CREATE TABLE hashes (
  start BLOB NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (start, position)
) STRICT, WITHOUT ROWID;

-- Which events were carried over from which: origin is the hash of the event that was there first.
CREATE TABLE origins (
  origin BLOB NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (origin, position)
) STRICT, WITHOUT ROWID;

-- Which event an event names as its cause (kind 1), and which operation as its own (kind 2, the hash of the
-- operation's first event), as its metadata says; most events name neither and have no row.
CREATE TABLE links (
  kind INTEGER NOT NULL,
  target TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (kind, target, position)
) STRICT, WITHOUT ROWID;

-- What imports have delivered to a branch: the key that names a record, the event that it became, and the hash of
-- the record's content.
CREATE TABLE deliveries (
  branch INTEGER NOT NULL,
  key TEXT NOT NULL,
  position INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (branch, key)
) STRICT, WITHOUT ROWID;

-- The current state of each aggregate on a branch. A rebuild fills another generation, one row swaps. It has row
-- numbers: without them a state of more than a quarter of a page lay beside its row, and the tree of long rows was
-- deep: each append went down it.
CREATE TABLE heads (
  id INTEGER PRIMARY KEY,
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
  UNIQUE (generation, branch, aggregate)
) STRICT;
CREATE INDEX heads_by_label ON heads (generation, branch, type, label, aggregate);
CREATE INDEX heads_by_status ON heads (generation, branch, type, status, aggregate);
CREATE INDEX heads_by_created ON heads (generation, branch, type, first_at, aggregate);

-- Where each head stands in the orders of the list that every event changes: brought in many events at a time.
CREATE TABLE places (
  generation INTEGER NOT NULL,
  branch INTEGER NOT NULL,
  aggregate INTEGER NOT NULL,
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (generation, branch, aggregate)
) STRICT, WITHOUT ROWID;
CREATE INDEX places_by_recent ON places (generation, branch, type, position);
CREATE INDEX places_by_versions ON places (generation, branch, type, version, aggregate);

-- Which generation of heads is shown, and which one a rebuild is filling (NULL: none); by what that one is folded,
-- and the newest position when it began, so that a rebuild that was cut off goes on where it was. `turn` rises
-- whenever somebody begins to fill, or goes on: whoever has an older one gives way.
CREATE TABLE generations (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  shown INTEGER NOT NULL,
  filling INTEGER,
  rules BLOB,
  start INTEGER NOT NULL DEFAULT 0,
  turn INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Every version of the domain, in order; the largest id is in use. hash = SHA-256 of the text.
CREATE TABLE domains (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  hash BLOB NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;

-- What people did to the store. Nothing is taken back here: an undo is another row, and what an import appended
-- later is told by rows that extend its first one. hash = SHA-256 over these lines, each ended by \n:
-- backstory-operation-1; the parent's hash in hex (64 zeros for the first); the JSON array of the columns from id to
-- extends.
CREATE TABLE operations (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  verb TEXT NOT NULL,
  branch INTEGER NOT NULL,
  first_position INTEGER,
  last_position INTEGER,
  detail TEXT NOT NULL,
  undoes INTEGER REFERENCES operations (id),
  extends INTEGER REFERENCES operations (id),
  parent BLOB,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX operations_extended ON operations (extends, last_position) WHERE extends IS NOT NULL;

CREATE TRIGGER operations_are_facts_update BEFORE UPDATE ON operations
BEGIN SELECT raise(ABORT, 'what was done is never changed'); END;
CREATE TRIGGER operations_are_facts_delete BEFORE DELETE ON operations
BEGIN SELECT raise(ABORT, 'what was done is never deleted'); END;
CREATE TRIGGER operations_are_facts_replace BEFORE INSERT ON operations
WHEN EXISTS (SELECT 1 FROM operations WHERE id = new.id)
BEGIN SELECT raise(ABORT, 'what was done is never replaced'); END;

-- Names for points of history: an aggregate's version, or (aggregate NULL) the whole store's position.
CREATE TABLE waypoints (
  name TEXT PRIMARY KEY,
  branch INTEGER NOT NULL,
  aggregate INTEGER,
  place INTEGER NOT NULL,
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What people wrote about points of history, which are named as waypoints name them; place NULL is the record itself.
CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  branch INTEGER NOT NULL,
  aggregate INTEGER,
  place INTEGER,
  text TEXT NOT NULL,
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- One row for each event and reactor. `slot` tells apart what a schedule asks for more than once. A worker takes
-- a row with a lease until `lease` and the next `token`; only who holds the token may say how it ended. Whether a job
-- reaches out of the store is not said here: its reactor's declaration says it.
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  reactor TEXT NOT NULL,
  slot INTEGER NOT NULL DEFAULT 0,
  domain INTEGER NOT NULL,
  branch INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead', 'skipped')),
  tries INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
  -- When `due` was set: the wait between the two is what counts where clocks differ.
  set_at INTEGER NOT NULL,
  lease INTEGER NOT NULL DEFAULT 0,
  token INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  error TEXT,
  effect TEXT,
  UNIQUE (position, reactor, slot)
) STRICT;
CREATE INDEX jobs_open ON jobs (due, id) WHERE state IN ('waiting', 'running');
CREATE INDEX jobs_by_slot ON jobs (reactor, slot) WHERE slot <> 0;
CREATE INDEX jobs_by_state ON jobs (state, id);

-- Which table (projection_NAME) holds the rows of a projection as a version of the domain declares it, and how far it
-- has come. One of a name is shown; another is filled beside it when the domain changes, and takes its place.
CREATE TABLE projections (
  name TEXT NOT NULL,
  domain INTEGER NOT NULL,
  tbl TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  shown INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  PRIMARY KEY (name, domain)
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
