select daftar.expire_replies_1($1, $2, $3)
