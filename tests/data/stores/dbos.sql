BEGIN TRANSACTION;
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
INSERT INTO "operation_outputs" VALUES('checkout-o1',1,'DBOS.setEvent',NULL,NULL,NULL,1795725901660,1795725901662,NULL,'shop',1795725901000);
INSERT INTO "operation_outputs" VALUES('checkout-o1',2,'charge','gASVIQAAAAAAAAB9lCiMBmNoYXJnZZSMBWNoX28xlIwGYW1vdW50lEsKdS4=',NULL,NULL,1795725901692,1795725901693,'py_pickle','shop',1795725901000);
INSERT INTO "operation_outputs" VALUES('checkout-o1',3,'DBOS.setEvent',NULL,NULL,NULL,1795725901706,1795725901708,NULL,'shop',1795725901000);
INSERT INTO "operation_outputs" VALUES('checkout-o1',4,'ship',NULL,'gASVSgAAAAAAAACMCGJ1aWx0aW5zlIwJVHlwZUVycm9ylJOUjClleGNlcHRpb25zIG11c3QgZGVyaXZlIGZyb20gQmFzZUV4Y2VwdGlvbpSFlFKULg==',NULL,1795725901719,1795725901720,'py_pickle','shop',1795725901000);
INSERT INTO "operation_outputs" VALUES('checkout-o2',1,'DBOS.setEvent',NULL,NULL,NULL,1795725901755,1795725901756,NULL,'shop',1795725901000);
INSERT INTO "operation_outputs" VALUES('checkout-o2',2,'charge','gASVIQAAAAAAAAB9lCiMBmNoYXJnZZSMBWNoX28ylIwGYW1vdW50lEsKdS4=',NULL,NULL,1795725901764,1795725901764,'py_pickle','shop',1795725901000);
INSERT INTO "operation_outputs" VALUES('checkout-o2',3,'DBOS.setEvent',NULL,NULL,NULL,1795725901770,1795725901771,NULL,'shop',1795725901000);
INSERT INTO "operation_outputs" VALUES('checkout-o2',4,'ship',NULL,'gASVMAAAAAAAAACMCGJ1aWx0aW5zlIwMUnVudGltZUVycm9ylJOUjAxjYXJyaWVyIGRvd26UhZRSlC4=',NULL,1795725901781,1795725901781,'py_pickle','shop',1795725901000);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('checkout-o1','ERROR','checkout',NULL,NULL,NULL,NULL,NULL,NULL,'local',1795725901000,1795725901000,'5a8a76cc59f0b93811a5f6e406baa5a3','',NULL,NULL,1,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,1795725901000,'null',NULL,NULL,0,'shop','b1c31a6b-c61d-4a67-acdb-99cf4f7d933e');
INSERT INTO "workflow_status" VALUES('checkout-o2','ERROR','checkout',NULL,NULL,NULL,NULL,NULL,NULL,'local',1795725901000,1795725901000,'5a8a76cc59f0b93811a5f6e406baa5a3','',NULL,NULL,1,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,1795725901000,'null',NULL,NULL,0,'shop','62043a52-d193-4fa0-b0da-6651cb7b0c8a');
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
COMMIT;
