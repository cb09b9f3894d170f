-- Version 4: projections, each a table of its own (projection_NAME) that main's events are folded into.

-- Which table holds the rows of a projection as a version of the domain declares it, and how far it has come.
-- One of a name is shown; another is filled beside it when the domain changes, and takes its place.
CREATE TABLE projections (
  name TEXT NOT NULL,
  domain INTEGER NOT NULL,
  tbl TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  shown INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  PRIMARY KEY (name, domain)
) STRICT, WITHOUT ROWID;
