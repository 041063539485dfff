-- What one wallet was asked for: so a verification finds the rows that belong to a piece of the log.
create index wallet_requests_wallet_idx
  on wallet_requests (book_id, generation, wallet_id);
