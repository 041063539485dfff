-- Orders with a receipt that waits for finance: what is watched of them is a handful, and found without
-- a look at all the others. The column changes with a receipt's upload and with its decision. Those
-- change the deadline too, so that the update that does it touches indexes anyway; it costs one more
-- entry, and no other update of the row costs anything.
create index order_management_open_receipt_idx
  on order_management (book_id, generation, order_id) where open_receipt_id is not null;
