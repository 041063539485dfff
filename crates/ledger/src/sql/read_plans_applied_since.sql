select digest, plan::text
  from daftar.fix_plans
 where book_id = $1 and applied_at >= $2 and digest <> $3
 order by applied_at, digest
