select daftar.carry_over_at_1($1, $2, $3, $4, $5)
