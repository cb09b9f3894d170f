BEGIN TRANSACTION;
CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL, payload text NOT NULL, metadata text NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence));
INSERT INTO "events" VALUES('account','ACCT-1',1,'AccountOpened','1.0','{"AccountOpened":{"account_id":"ACCT-1","owner":"Mira 🌍"}}','{"time":"2026-03-01T09:00:00.123456+00:00"}');
INSERT INTO "events" VALUES('account','ACCT-1',2,'CustomerDepositedMoney','1.0','{"CustomerDepositedMoney":{"amount":200.0,"balance":200.0}}','{"time":"2026-03-01T09:00:01+00:00","user":"mira"}');
INSERT INTO "events" VALUES('account','ACCT-2',1,'AccountOpened','1.0','{"AccountOpened":{"account_id":"ACCT-2"}}','{}');
INSERT INTO "events" VALUES('account','ACCT-1',3,'Closed','1.0','"Closed"','{}');
CREATE TABLE snapshots (aggregate_type text NOT NULL, aggregate_id text NOT NULL, last_sequence bigint CHECK (last_sequence >= 0) NOT NULL, current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL, payload text NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));
INSERT INTO "snapshots" VALUES('account','ACCT-1',2,1,'{"opened":true,"balance":200.0}');
COMMIT;
