select daftar.carry_over_1($1, $2, $3, $4, $5, $6)
