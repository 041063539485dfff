select * from daftar.lock_head_2($1)
