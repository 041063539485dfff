-- Replaced by what switches all projections at once and sweeps by blocks: deleting in key order went
-- again and again past the dead rows of the pieces before.
drop function switch_generation_1(int, bigint, text, int, int);
drop function delete_customer_orders_1(int, int);
drop function delete_order_management_1(int, int);
drop function delete_wallet_balances_1(int, int);
drop function delete_wallet_lines_1(int, int);
drop function delete_payments_1(int, int);
drop function delete_journal_lines_1(int, int);
drop function delete_timeline_1(int, int);
drop function delete_imported_orders_1(int, int);
drop function delete_deadlines_1(int, int);
drop function delete_wallet_requests_1(int, int);
drop function delete_suspense_items_1(int, int);
drop function delete_statement_lines_1(int, int);
