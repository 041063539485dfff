//! What the database itself refuses, whoever asks.

use eventstore::{Appended, Batch, Position, read};
use sqlx::{Executor, PgConnection};

use crate::log::{BOOK, Log, at, event, send};

async fn refused(conn: &mut PgConnection, sql: &'static str) -> String {
    match conn.execute(sql).await {
        Ok(_) => panic!("`{sql}` was not refused"),
        Err(error) => error.as_database_error().expect("the database refuses").message().to_owned(),
    }
}

#[tokio::test]
async fn the_log_is_append_only_for_everyone() {
    let log = Log::empty().await;
    log.write_lamp("a", 2).await;
    let mut conn = log.superuser().await;
    conn.execute("set search_path = daftar").await.unwrap();

    for role in ["none", "daftar_owner", "daftar_writer", "daftar_app"] {
        sqlx::query("select set_config('role', $1, false)")
            .bind(role)
            .execute(&mut conn)
            .await
            .unwrap();
        for sql in [
            "update events set payload = '{}' where position = 1",
            "update events set payload = '{}' where false",
            "delete from events",
            "delete from only events where position = 2",
            "truncate events",
            "truncate books cascade",
            "insert into events select * from events on conflict (book_id, position)
             do update set payload = excluded.payload",
        ] {
            let message = refused(&mut conn, sql).await;
            let expected = ["append-only", "permission denied", "written by its functions only"];
            assert!(expected.iter().any(|text| message.contains(text)), "{role}: {message}");
        }
    }
    assert_eq!(read::after(&mut conn, BOOK, Position::ZERO, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn replica_mode_does_not_switch_the_guards_off() {
    let log = Log::empty().await;
    log.write_lamp("a", 1).await;
    let mut conn = log.superuser().await;
    conn.execute("set session_replication_role = replica").await.unwrap();

    let message = refused(&mut conn, "delete from daftar.events").await;
    assert!(message.contains("append-only"), "{message}");
    let message = refused(&mut conn, "update daftar.books set revision = 9").await;
    assert!(message.contains("written by its functions only"), "{message}");
}

#[tokio::test]
async fn only_functions_write_log_head_commands_and_read_models() {
    let log = Log::empty().await;
    log.write_lamp("a", 1).await;
    let mut conn = log.superuser().await;
    conn.execute("set search_path = daftar").await.unwrap();

    for role in ["none", "daftar_owner", "daftar_app"] {
        sqlx::query("select set_config('role', $1, false)")
            .bind(role)
            .execute(&mut conn)
            .await
            .unwrap();
        for sql in [
            "insert into events select * from events",
            "update books set position = 0",
            "delete from books",
            "insert into book_projections values (1, 'other', 1, 1)",
            "insert into commands select * from commands",
            "delete from commands",
            "delete from snapshots",
            "update notes set position = 9",
            "truncate notes",
        ] {
            let message = refused(&mut conn, sql).await;
            let expected = ["written by its functions only", "permission denied"];
            assert!(expected.iter().any(|text| message.contains(text)), "{role}: {message}");
        }
    }
}

#[tokio::test]
async fn the_application_cannot_leave_the_read_models_out() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let message = refused(
        &mut conn,
        "select append_events_1(1, 0, 1, 1, 'notes:1', 0, '\\x00', now(), '{}', '{}')",
    )
    .await;
    assert!(message.contains("permission denied for function"), "{message}");
    let message = refused(&mut conn, "select set_generation_1(1, 0, 'notes', 2, 1)").await;
    assert!(message.contains("permission denied for function"), "{message}");
}

#[tokio::test]
async fn the_application_creates_nothing_in_the_schema() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let message = refused(&mut conn, "create table daftar.mine (id int)").await;
    assert!(message.contains("permission denied for schema"), "{message}");
    let message = refused(&mut conn, "alter table events disable trigger all").await;
    assert!(message.contains("must be owner"), "{message}");
    let roles: Vec<String> = sqlx::query_scalar(
        "select roleid::regrole::text from pg_auth_members where member = 'daftar_app'::regrole",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(roles, Vec::<String>::new());
}

#[tokio::test]
async fn temporary_tables_cannot_capture_an_append() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    conn.execute("set search_path = pg_temp, daftar").await.unwrap();
    for sql in [
        "create temp table books as select * from daftar.books",
        "create temp table events (like daftar.events)",
        "create temp table commands (like daftar.commands)",
        "create temp table notes (like daftar.notes)",
    ] {
        conn.execute(sql).await.unwrap();
    }
    conn.execute("grant all on books, events, commands, notes to public").await.unwrap();

    let head = log.head().await;
    let batch = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));
    assert_eq!(send(&mut conn, &head, &batch).await.unwrap(), Appended::Ok);

    let (captured, written): (i64, i64) = sqlx::query_as(
        "select (select count(*) from pg_temp.events) + (select count(*) from pg_temp.notes),
                (select count(*) from daftar.events) + (select count(*) from daftar.notes)",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!((captured, written), (0, 2));
}

#[tokio::test]
async fn every_function_is_closed() {
    let log = Log::empty().await;
    let functions: Vec<(String, String, bool, bool, bool)> = sqlx::query_as(
        "select proname::text,
                proowner::regrole::text,
                prosecdef,
                coalesce('search_path=daftar, pg_temp' = any (proconfig), false),
                proacl is null or exists (select from aclexplode(proacl) where grantee = 0)
           from pg_proc
          where pronamespace = 'daftar'::regnamespace
          order by proname",
    )
    .fetch_all(&mut log.superuser().await)
    .await
    .unwrap();
    assert!(functions.iter().any(|(name, ..)| name == "append_events_1"));
    for (name, owner, is_definer, is_pinned, is_public) in functions {
        assert!(is_pinned, "{name} does not pin its search path");
        assert!(!is_public, "{name} may be called by anyone");
        if owner == "daftar_writer" {
            assert!(is_definer, "{name} does not run as its owner");
        } else {
            assert_eq!(owner, "daftar_owner", "{name}");
            assert!(!is_definer, "{name} would run as the owner of the tables");
        }
    }
}

#[tokio::test]
async fn every_table_belongs_to_the_owner_and_every_guard_holds_always() {
    let log = Log::empty().await;
    let mut conn = log.superuser().await;
    let strangers: Vec<String> = sqlx::query_scalar(
        "select oid::regclass::text from pg_class
          where relnamespace = 'daftar'::regnamespace and relkind in ('r', 'v')
            and relowner <> 'daftar_owner'::regrole",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(strangers, Vec::<String>::new());

    let triggers: Vec<(String, String, i8)> = sqlx::query_as(
        "select c.relname::text, t.tgname::text, t.tgenabled
           from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
          where c.relnamespace = 'daftar'::regnamespace and not t.tgisinternal
          order by 1, 2",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let always = i8::try_from(b'A').unwrap();
    let trigger = |table: &str, name: &str| (table.to_owned(), name.to_owned(), always);
    assert_eq!(
        triggers,
        [
            trigger("book_projections", "only_functions_write"),
            trigger("books", "only_functions_write"),
            trigger("commands", "only_functions_write"),
            trigger("events", "never_changes"),
            trigger("events", "only_functions_write"),
            trigger("expired_replies", "only_functions_write"),
            trigger("notes", "only_functions_write"),
            trigger("resumed_books", "only_functions_write"),
            trigger("snapshots", "only_functions_write"),
            trigger("stopped_books", "only_functions_write"),
        ]
    );
}
