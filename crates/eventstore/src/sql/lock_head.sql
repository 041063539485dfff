select * from daftar.lock_head_1($1)
