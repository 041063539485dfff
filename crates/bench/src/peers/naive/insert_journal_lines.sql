insert into journal_lines (book_id, generation, position, line, account, item, side, amount, currency,
                           rules, stream_type, stream_id, recorded_at, effective_at)
values (1, 1, $1, 1, '2100', ($2::uuid)::text, 'debit', $4, 'IQD', '1', 'wallet', $2, $5, $5),
       (1, 1, $1, 2, '2200', ($3::uuid)::text, 'credit', $4, 'IQD', '1', 'wallet', $2, $5, $5)
