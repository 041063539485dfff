select daftar.delete_snapshots_1($1)
