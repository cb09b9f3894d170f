-- Version 2: branches can be archived and are filled in steps; operations and waypoints.

ALTER TABLE branches ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
-- The parent's own events up to the fork; too many until fill_from has passed fill_to.
ALTER TABLE branches ADD COLUMN parent_events INTEGER NOT NULL DEFAULT 0;
-- The parent's events from fill_from on may have moved heads on since the fork: until the state at the fork is
-- written for each of them, the branch lacks heads. Events up to fill_to are in parent_events already.
ALTER TABLE branches ADD COLUMN fill_from INTEGER NOT NULL DEFAULT 1;
ALTER TABLE branches ADD COLUMN fill_to INTEGER NOT NULL DEFAULT 0;
CREATE INDEX branches_by_parent ON branches (parent, fork_position);

-- A branch's own events; main's lie in the log one after the other and need no index.
CREATE INDEX events_off_main ON events (branch, position) WHERE branch <> 1;

-- Which events were carried over from which: origin is the hash of the event that was there first.
CREATE TABLE origins (
  origin BLOB NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (origin, position)
) STRICT, WITHOUT ROWID;

-- What people did to the store. Nothing is taken back here: an undo is another row.
CREATE TABLE operations (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  verb TEXT NOT NULL,
  branch INTEGER NOT NULL,
  first_position INTEGER,
  last_position INTEGER,
  detail TEXT NOT NULL,
  undoes INTEGER REFERENCES operations (id)
) STRICT;

-- Names for points of history: an aggregate's version, or (aggregate NULL) the whole store's position.
CREATE TABLE waypoints (
  name TEXT PRIMARY KEY,
  branch INTEGER NOT NULL,
  aggregate INTEGER,
  place INTEGER NOT NULL,
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which event an event names as its cause (kind 1), and which operation as its own (kind 2, the hash of the
-- operation's first event), as its metadata says; most events name neither and have no row.
CREATE TABLE links (
  kind INTEGER NOT NULL,
  target TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (kind, target, position)
) STRICT, WITHOUT ROWID;
INSERT INTO links
SELECT 1, json_extract(meta, '$.causation_id'), position FROM events
WHERE instr(meta, '"causation_id"') > 0 AND json_valid(meta) AND json_type(meta, '$.causation_id') = 'text';
INSERT INTO links
SELECT 2, json_extract(meta, '$.correlation_id'), position FROM events
WHERE instr(meta, '"correlation_id"') > 0 AND json_valid(meta) AND json_type(meta, '$.correlation_id') = 'text';
