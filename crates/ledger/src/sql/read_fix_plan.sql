select p.digest, p.plan::text as plan, p.planned_by, p.planned_at, p.applied_by, p.applied_at,
       array(select a.person from daftar.fix_approvals as a
              where a.book_id = p.book_id and a.digest = p.digest
              order by a.approved_at, a.person) as approved_by
  from daftar.fix_plans as p
 where p.book_id = $1 and p.digest = $2
