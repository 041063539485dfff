select daftar.write_snapshots_1($1, $2)
