-- A read model as small as can be.
create table notes (
  book_id int not null,
  id text not null,
  position bigint not null,
  primary key (book_id, id)
);

select guard_view('notes');

create type note_row as (id text, position bigint);
