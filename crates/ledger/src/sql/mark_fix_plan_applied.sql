update daftar.fix_plans
   set applied_by = $3, applied_at = $4
 where book_id = $1 and digest = $2 and applied_by is null
