-- Deletes a piece of what lies below the live generation, in key order; says how much it was.
create function delete_wallet_requests_1(p_book int, p_limit int) returns bigint
language plpgsql
as $$
declare
  v_count bigint;
begin
  delete from wallet_requests
   where ctid = any (array(
         select ctid
           from wallet_requests
          where book_id = p_book
            and generation < (select generation from book_projections
                               where book_id = p_book and name = 'wallet_requests')
          order by book_id, generation, request_id
          limit p_limit));
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

select guard_function('delete_wallet_requests_1(int, int)');
