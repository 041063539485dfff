-- A webhook is told of what happens to alerts too, if it names their types. The changes of alerts have
-- numbers of their own, and so a webhook has a place of its own among them.
alter table webhooks add column alert_number bigint not null default 0;

-- The number of the change that a message is of; 0 for one of an event, or a test.
alter table webhook_deliveries add column alert_number bigint not null default 0;

grant update (alert_number) on table webhooks to daftar_app;
