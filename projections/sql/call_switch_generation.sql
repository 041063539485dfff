select daftar.switch_generation_1($1, $2, $3, $4, $5)
