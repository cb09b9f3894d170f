-- Version 3: what reactors were asked to do.

-- One row for each event and reactor. `slot` tells apart what a schedule asks for more than once. A worker takes
-- a row with a lease until `lease` and the next `token`; only who holds the token may say how it ended.
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  reactor TEXT NOT NULL,
  slot INTEGER NOT NULL DEFAULT 0,
  domain INTEGER NOT NULL,
  branch INTEGER NOT NULL,
  external INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead', 'skipped')),
  tries INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
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
