select account,
       item,
       currency,
       sum(case side when 'credit' then amount else -amount end) as balance,
       max(position) as position
  from daftar.journal_lines
 where book_id = $1 and generation = $2 and position <= $3 and account = any ($4)
 group by account, item, currency
having sum(case side when 'credit' then amount else -amount end) <> 0
