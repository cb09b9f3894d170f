BEGIN TRANSACTION;
CREATE TABLE "ar_internal_metadata" ("key" varchar NOT NULL PRIMARY KEY, "value" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
INSERT INTO "ar_internal_metadata" VALUES('environment','default_env','2026-11-26 20:38:09.109604','2026-11-26 20:38:09.109604');
CREATE TABLE "audits" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "auditable_id" integer, "auditable_type" varchar, "associated_id" integer, "associated_type" varchar, "user_id" integer, "user_type" varchar, "username" varchar, "action" varchar, "audited_changes" text, "version" integer DEFAULT 0, "comment" varchar, "remote_address" varchar, "request_uuid" varchar, "created_at" datetime);
INSERT INTO "audits" VALUES(1,1,'Task',1,'Company',1,'User',NULL,'create','---
title: "Prépare slides \U0001F30D"
price: !ruby/object:BigDecimal 18:0.125e2
due_on: 2026-03-01
completed_at:
status: 0
company_id: 1
secret: "[REDACTED]"
',1,'kickoff','10.0.0.1','req-1','2026-11-26 20:38:09.246964');
INSERT INTO "audits" VALUES(2,1,'Task',1,'Company',NULL,NULL,'console:ben','update','---
title:
- "Prépare slides \U0001F30D"
- Prepare the slides
',2,NULL,'10.0.0.1','req-2','2026-11-26 20:38:09.277499');
INSERT INTO "audits" VALUES(3,2,'Task',NULL,NULL,NULL,NULL,NULL,'create','---
title: Buy milk
price:
due_on:
completed_at:
status: 0
company_id:
secret: "[REDACTED]"
',1,NULL,'10.0.0.1','req-2','2026-11-26 20:38:09.303114');
INSERT INTO "audits" VALUES(4,1,'Task',1,'Company',NULL,NULL,NULL,'update','---
completed_at:
-
- 2026-03-01 10:00:00.500000000 Z
status:
- 0
- 1
',3,'sent','10.0.0.1','req-2','2026-11-26 20:38:09.331288');
INSERT INTO "audits" VALUES(5,2,'Task',NULL,NULL,NULL,NULL,NULL,'destroy','---
title: Buy milk
price:
due_on:
completed_at:
status: 0
company_id:
secret: "[REDACTED]"
',2,NULL,'10.0.0.1','req-2','2026-11-26 20:38:09.373939');
INSERT INTO "audits" VALUES(6,1,'Task',1,'Company',NULL,NULL,NULL,'update','---
secret:
- "[REDACTED]"
- "[REDACTED]"
',4,NULL,'10.0.0.1','req-2','2026-11-26 20:38:09.410931');
CREATE TABLE "companies" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "name" varchar);
INSERT INTO "companies" VALUES(1,'ACME');
CREATE TABLE "tasks" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "title" varchar, "price" decimal(10,2), "due_on" date, "completed_at" datetime, "status" integer DEFAULT 0, "company_id" integer, "secret" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
INSERT INTO "tasks" VALUES(1,'Prepare the slides',12.5,'2026-03-01','2026-03-01 10:00:00.500000',1,1,'new','2026-11-26 20:38:09.199808','2026-11-26 20:38:09.408941');
CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "name" varchar);
INSERT INTO "users" VALUES(1,'Mira');
CREATE INDEX "auditable_index" ON "audits" ("auditable_type", "auditable_id", "version");
CREATE INDEX "associated_index" ON "audits" ("associated_type", "associated_id");
CREATE INDEX "user_index" ON "audits" ("user_id", "user_type");
CREATE INDEX "index_audits_on_request_uuid" ON "audits" ("request_uuid");
CREATE INDEX "index_audits_on_created_at" ON "audits" ("created_at");
CREATE INDEX "index_tasks_on_company_id" ON "tasks" ("company_id");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('users',1);
INSERT INTO "sqlite_sequence" VALUES('companies',1);
INSERT INTO "sqlite_sequence" VALUES('tasks',2);
INSERT INTO "sqlite_sequence" VALUES('audits',6);
COMMIT;
