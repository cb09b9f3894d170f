BEGIN TRANSACTION;
CREATE TABLE emt_messages(
      stream_id              TEXT                      NOT NULL,
      stream_position        BIGINT                    NOT NULL,
      partition              TEXT                      NOT NULL DEFAULT 'global',
      message_kind           CHAR(1)                   NOT NULL DEFAULT 'E',
      message_data           JSONB                     NOT NULL,
      message_metadata       JSONB                     NOT NULL,
      message_schema_version TEXT                      NOT NULL,
      message_type           TEXT                      NOT NULL,
      message_id             TEXT                      NOT NULL,
      is_archived            BOOLEAN                   NOT NULL DEFAULT FALSE,
      global_position        INTEGER                   PRIMARY KEY,
      created                DATETIME                  DEFAULT CURRENT_TIMESTAMP,
      UNIQUE (stream_id, stream_position, partition, is_archived)
  );
INSERT INTO "emt_messages" VALUES('shopping_cart-cart-1',1,'emt:default','E','{"cartId":"cart-1","clientId":"mira","openedAt":"2026-03-01T09:00:00.123Z"}','{"streamName":"shopping_cart-cart-1","messageId":"077aa145-bda3-46cb-acb9-7545e2fb40e6","streamPosition":"1","correlationId":"c-1","causationId":"req-9","clientId":"mira"}','0','ShoppingCartOpened','077aa145-bda3-46cb-acb9-7545e2fb40e6',0,1,'2026-11-26 20:35:15');
INSERT INTO "emt_messages" VALUES('shopping_cart-cart-1',2,'emt:default','E','{"productItem":{"productId":"shoes","quantity":2,"unitPrice":100}}','{"streamName":"shopping_cart-cart-1","messageId":"2552a594-7422-470d-833b-8cc35e99ac41","streamPosition":"2","correlationId":"c-1"}','0','ProductItemAdded','2552a594-7422-470d-833b-8cc35e99ac41',0,2,'2026-11-26 20:35:15');
INSERT INTO "emt_messages" VALUES('shopping_cart-cart-2',1,'emt:default','E','{"cartId":"cart-2","clientId":"ben","note":"héllo 🌍","big":"12345678901234567890"}','{"streamName":"shopping_cart-cart-2","messageId":"613067d6-92b6-4c9b-a85a-2e8cf97ee87c","streamPosition":"1"}','0','ShoppingCartOpened','613067d6-92b6-4c9b-a85a-2e8cf97ee87c',0,3,'2026-11-26 20:35:15');
INSERT INTO "emt_messages" VALUES('shopping_cart-cart-1',3,'emt:default','E','{"productItem":{"productId":"shoes","quantity":1,"unitPrice":100}}','{"streamName":"shopping_cart-cart-1","messageId":"4b5fcc72-ae60-4729-bf67-9dfec4008d82","streamPosition":"1"}','2','ProductItemRemoved','4b5fcc72-ae60-4729-bf67-9dfec4008d82',0,4,'2026-11-26 20:35:15');
INSERT INTO "emt_messages" VALUES('shopping_cart-cart-1',4,'emt:default','E','{}','{"streamName":"shopping_cart-cart-1","messageId":"f88b150f-78d4-4b4f-9eda-715fe10bc492","streamPosition":"1"}','3','ShoppingCartConfirmed','f88b150f-78d4-4b4f-9eda-715fe10bc492',0,5,'2026-11-26 20:35:15');
INSERT INTO "emt_messages" VALUES('shopping_cart-cart-1',5,'emt:default','E','{"confirmedAt":"2026-03-01T10:00:00.000Z"}','{"streamName":"shopping_cart-cart-1","messageId":"d7c4e385-e964-4148-b679-1df26bcd874e","streamPosition":"1"}','4','ShoppingCartConfirmed','d7c4e385-e964-4148-b679-1df26bcd874e',0,6,'2026-11-26 20:35:15');
INSERT INTO "emt_messages" VALUES('guest_stay:room-12',1,'emt:default','E','{"guestStayAccountId":"room-12"}','{"streamName":"guest_stay:room-12","messageId":"b098e3f1-ad39-4126-bc44-26987d4e0ffb","streamPosition":"1"}','0','GuestCheckedIn','b098e3f1-ad39-4126-bc44-26987d4e0ffb',0,7,'2026-11-26 20:35:15');
CREATE TABLE emt_processors(
      processor_id                 TEXT                  NOT NULL,
      version                      INTEGER               NOT NULL DEFAULT 1,
      partition                    TEXT                  NOT NULL DEFAULT 'global',
      status                       TEXT                  NOT NULL DEFAULT 'stopped',
      last_processed_checkpoint    TEXT                  NOT NULL,
      processor_instance_id        TEXT                  DEFAULT 'emt:unknown',
      PRIMARY KEY (processor_id, partition, version)
  );
CREATE TABLE emt_projections(
      name                         TEXT                  NOT NULL,
      version                      INTEGER               NOT NULL DEFAULT 1,
      partition                    TEXT                  NOT NULL DEFAULT 'global',
      type                         CHAR(1)               NOT NULL,
      kind                         TEXT                  NOT NULL,
      status                       TEXT                  NOT NULL,
      definition                   JSONB                 NOT NULL DEFAULT '{}',
      PRIMARY KEY (name, partition, version)
  );
CREATE TABLE emt_streams(
      stream_id         TEXT                      NOT NULL,
      stream_position   BIGINT                    NOT NULL DEFAULT 0,
      partition         TEXT                      NOT NULL DEFAULT 'global',
      stream_type       TEXT                      NOT NULL,
      stream_metadata   JSONB                     NOT NULL,
      is_archived       BOOLEAN                   NOT NULL DEFAULT FALSE,
      PRIMARY KEY (stream_id, partition, is_archived),
      UNIQUE (stream_id, partition, is_archived)
  );
INSERT INTO "emt_streams" VALUES('shopping_cart-cart-1',5,'[object Object]','shopping_cart','[]',0);
INSERT INTO "emt_streams" VALUES('shopping_cart-cart-2',1,'[object Object]','shopping_cart','[]',0);
INSERT INTO "emt_streams" VALUES('guest_stay:room-12',1,'[object Object]','guest_stay:room','[]',0);
COMMIT;
