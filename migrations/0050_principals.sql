-- Who may act: persons and services, each with a role. A principal outlives its keys, so that a
-- retry under a rotated key is still the same one's.
create table principals (
  book_id int not null,
  principal_id text not null,
  kind text not null check (kind in ('person', 'service')),
  role text not null
    check (role in ('client', 'gateway', 'finance', 'warehouse', 'logistics', 'auditor', 'admin')),
  department text,
  -- The person that a service belongs to: four eyes are counted in persons.
  owner_id text,
  disabled_at timestamptz,
  created_at timestamptz not null,
  created_by text,
  primary key (book_id, principal_id),
  foreign key (book_id, owner_id) references principals (book_id, principal_id),
  constraint principals_owner_of_service_check check (owner_id is null or kind = 'service')
);

select own_table('principals');
grant update (disabled_at) on table principals to daftar_app;
