-- A node that lost a race reads what the others decided since.
create index commands_book_id_revision_idx on commands (book_id, revision);
