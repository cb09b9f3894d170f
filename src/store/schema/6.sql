-- Version 6: heads in a table with row numbers. Without them a state of more than a quarter of a page lay beside its
-- row, and the tree of long rows was deep: each append went down it.

CREATE TABLE heads_6 (
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
INSERT INTO heads_6 (generation, branch, aggregate, type, version, position, first_at, last_at, actor, label, status,
  deleted, state, error)
SELECT generation, branch, aggregate, type, version, position, first_at, last_at, actor, label, status,
  deleted, state, error FROM heads ORDER BY generation, branch, aggregate;
DROP TABLE heads;
ALTER TABLE heads_6 RENAME TO heads;
CREATE INDEX heads_by_recent ON heads (generation, branch, type, position);
CREATE INDEX heads_by_label ON heads (generation, branch, type, label, aggregate);
CREATE INDEX heads_by_status ON heads (generation, branch, type, status, aggregate);
CREATE INDEX heads_by_created ON heads (generation, branch, type, first_at, aggregate);
CREATE INDEX heads_by_versions ON heads (generation, branch, type, version, aggregate);
