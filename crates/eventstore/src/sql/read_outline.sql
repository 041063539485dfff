select position, hash, recorded_at, fold_set, min_reader, writer_format,
       stopped_revision is not null as is_stopped
  from daftar.books
 where book_id = $1
