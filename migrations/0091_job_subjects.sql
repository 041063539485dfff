-- What an unfinished job is about: each view that it rebuilds, or the verification of the book. The
-- key is what keeps two jobs from working at the same thing.
create table job_subjects (
  book_id int not null,
  subject text not null,
  job_id uuid not null,
  primary key (book_id, subject),
  foreign key (book_id, job_id) references jobs (book_id, job_id)
);

create index job_subjects_job_idx on job_subjects (book_id, job_id);

select own_table('job_subjects');
grant delete on table job_subjects to daftar_app;
