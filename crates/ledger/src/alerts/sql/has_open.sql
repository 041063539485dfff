select exists (select
                 from daftar.alerts
                where book_id = $1
                  and monitor = $2
                  and resolved_at is null)
