select daftar.switch_generations_1($1, $2, $3, $4, $5)
