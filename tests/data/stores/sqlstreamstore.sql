BEGIN TRANSACTION;
CREATE TABLE messages (
    event_id                CHAR(36)    NOT NULL,
    stream_id_internal      integer     NOT NULL,
    stream_version          integer     NOT NULL                CHECK (stream_version >= 0),
    [position]              integer     NOT NULL PRIMARY KEY    AUTOINCREMENT,
    created_utc             DATETIME    NOT NULL,
    type                    CHAR(128)   NOT NULL,
    json_data               text        NOT NULL,
    json_metadata           text,
    FOREIGN KEY (stream_id_internal) REFERENCES streams (id_internal),
    UNIQUE (stream_id_internal, stream_version)
    UNIQUE (stream_id_internal, event_id)
);
INSERT INTO "messages" VALUES('018f0000-0000-7000-8000-00000000f001',1,0,0,'2026-03-01 09:00:00.1234567','AccountOpened','{"owner":"Mira 🌍"}','{"user":"mira"}');
INSERT INTO "messages" VALUES('018f0000-0000-7000-8000-00000000f003',2,0,1,'2026-03-01 09:00:01','AccountOpened','{"owner":"Ben"}',NULL);
INSERT INTO "messages" VALUES('018f0000-0000-7000-8000-00000000f002',1,1,2,'2026-03-01 09:00:02','MoneyDeposited','{"amount":11}','{}');
CREATE TABLE streams(
    id              text    NOT NULL                            UNIQUE,
    id_original     text    NOT NULL,
    id_internal     integer NOT NULL PRIMARY KEY                AUTOINCREMENT,
    version         integer NOT NULL DEFAULT -1                 CHECK (version >= -1),
    position        integer NOT NULL DEFAULT -1,
    max_age         integer NULL,
    max_count       integer NULL
);
INSERT INTO "streams" VALUES('a7d6c1c3a6a6c1f0a7d6c1c3a6a6c1f0a7d6c1c3','account-123',1,1,2,NULL,NULL);
INSERT INTO "streams" VALUES('b7d6c1c3a6a6c1f0a7d6c1c3a6a6c1f0a7d6c1c3','account-7',2,0,1,NULL,NULL);
CREATE INDEX ix_id_original
  ON streams (id_original);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('streams',2);
INSERT INTO "sqlite_sequence" VALUES('messages',2);
COMMIT;
