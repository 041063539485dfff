select coalesce(
         (select balance
            from daftar.wallet_lines
           where book_id = $1
             and generation = (select generation from daftar.book_projections
                                where book_id = $1 and name = 'wallet_lines')
             and wallet_id = $2
             and position <= $3
           order by sequence desc
           limit 1),
         0)
