BEGIN TRANSACTION;
CREATE TABLE "ar_internal_metadata" ("key" varchar NOT NULL PRIMARY KEY, "value" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
INSERT INTO "ar_internal_metadata" VALUES('environment','default_env','2026-11-26 20:35:58.293487','2026-11-26 20:35:58.293487');
CREATE TABLE "tasks" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "title" varchar, "notes" text, "price" decimal(10,2), "due_on" date, "completed_at" datetime, "urgent" boolean DEFAULT 0, "tags" text, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
INSERT INTO "tasks" VALUES(1,'Prepare the slides','line 1
line: 2 ''quoted'' "double"',12.5,'2026-03-01',NULL,0,'---
- talk
- rails
','2026-11-26 20:35:58.349752','2026-11-26 20:35:58.576733');
CREATE TABLE "versions" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "item_type" varchar NOT NULL, "item_id" bigint NOT NULL, "event" varchar NOT NULL, "whodunnit" varchar, "object" text, "created_at" datetime, "reason" varchar, "request_id" varchar);
INSERT INTO "versions" VALUES(1,'Task',1,'create','42',NULL,'2026-11-26 20:35:58.349752','kickoff',NULL);
INSERT INTO "versions" VALUES(2,'Task',1,'update','mira','---
id: 1
title: "Prépare slides \U0001F30D"
notes:
price: !ruby/object:BigDecimal 27:0.125e2
due_on: 2026-03-01
completed_at:
urgent: false
tags: |
  ---
  - talk
created_at: 2026-11-26 20:35:58.349752000 Z
updated_at: 2026-11-26 20:35:58.349752000 Z
','2026-11-26 20:35:58.416898','kickoff',NULL);
INSERT INTO "versions" VALUES(3,'Task',2,'create','mira',NULL,'2026-11-26 20:35:58.444608',NULL,NULL);
INSERT INTO "versions" VALUES(4,'Task',1,'update','mira','---
id: 1
title: Prepare the slides
notes:
price: !ruby/object:BigDecimal 27:0.125e2
due_on: 2026-03-01
completed_at:
urgent: false
tags: |
  ---
  - talk
  - rails
created_at: 2026-11-26 20:35:58.349752000 Z
updated_at: 2026-11-26 20:35:58.416898000 Z
','2026-11-26 20:35:58.464525','sent','req-1');
INSERT INTO "versions" VALUES(5,'Task',1,'update','mira','---
id: 1
title: Prepare the slides
notes:
price: !ruby/object:BigDecimal 27:0.125e2
due_on: 2026-03-01
completed_at: 2026-03-01 10:00:00.123456000 Z
urgent: false
tags: |
  ---
  - talk
  - rails
created_at: 2026-11-26 20:35:58.349752000 Z
updated_at: 2026-11-26 20:35:58.464525000 Z
','2026-11-26 20:35:58.480490','sent','req-1');
INSERT INTO "versions" VALUES(6,'Task',2,'destroy','mira','---
id: 2
title: Buy milk
notes:
price:
due_on:
completed_at:
urgent: false
tags:
created_at: 2026-11-26 20:35:58.444608000 Z
updated_at: 2026-11-26 20:35:58.444608000 Z
','2026-11-26 20:35:58.513722',NULL,NULL);
INSERT INTO "versions" VALUES(7,'Task',1,'update','mira','---
id: 1
title: Prepare the slides
notes: |-
  line 1
  line: 2 ''quoted'' "double"
price: !ruby/object:BigDecimal 27:0.125e2
due_on: 2026-03-01
completed_at: 2026-03-01 10:00:00.123456000 Z
urgent: false
tags: |
  ---
  - talk
  - rails
created_at: 2026-11-26 20:35:58.349752000 Z
updated_at: 2026-11-26 20:35:58.548658000 Z
','2026-11-26 20:35:58.548658','sent','req-1');
INSERT INTO "versions" VALUES(8,'Task',1,'update','mira','---
id: 1
title: Prepare the slides
notes: |-
  line 1
  line: 2 ''quoted'' "double"
price: !ruby/object:BigDecimal 27:0.125e2
due_on: 2026-03-01
completed_at: 2026-03-01 10:00:00.123456000 Z
urgent: false
tags: |
  ---
  - talk
  - rails
created_at: 2026-11-26 20:35:58.349752000 Z
updated_at: 2026-11-26 20:35:58.548658000 Z
','2026-11-26 20:35:58.576733','sent','req-1');
CREATE INDEX "index_versions_on_item_type_and_item_id" ON "versions" ("item_type", "item_id");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('tasks',2);
INSERT INTO "sqlite_sequence" VALUES('versions',8);
COMMIT;
