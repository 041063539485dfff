//! Each thing that is looked at beside the rows, once.

use domain::State;
use eventstore::{Position, Snapshot, StreamId, Version, read, snapshot};
use projections::{Check, Finding, Replay, SNAPSHOT_FORMAT, Views, text_of, upcasters};

use super::told_book;
use crate::book::{Book, Databases};
use crate::story::wallet;

async fn found(book: &Book, check: Check) -> Vec<Finding> {
    let findings = book.verify().await.findings;
    let found: Vec<_> = findings.iter().filter(|finding| finding.check == check).cloned().collect();
    assert!(!found.is_empty(), "no {check:?} among {findings:?}");
    found
}

fn columns(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.column.as_deref().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_decision_that_was_changed_or_is_gone_is_named() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let id = "command_id = '00000000-0000-0000-0000-000000000002'";
    let change = async |set: &str| {
        let sql = format!("update daftar.commands set {set} where {id}");
        databases.tamper("commands", &sql).await;
    };
    change("reply = '{\"kind\": \"another\"}'").await;
    let digest = found(&book, Check::Command).await;
    assert_eq!(columns(&digest), ["digest"]);
    assert_eq!(digest[0].key, "command 00000000-0000-0000-0000-000000000002");

    // Whoever can change a digest too is found by what the events say.
    let renewed = "digest = daftar.command_digest_1(book_id, command_id, revision, fingerprint,
        status, resource, version, position, reply, recorded_at)";
    change("status = 409").await;
    change(renewed).await;
    assert_eq!(columns(&found(&book, Check::Command).await), ["status"]);
    change("status = 200, recorded_at = recorded_at + interval '1 hour'").await;
    change(renewed).await;
    assert_eq!(columns(&found(&book, Check::Command).await), ["recorded_at"]);
    change(
        "recorded_at = recorded_at - interval '1 hour', version = 7, resource = (
        select aggregate_type || '/' || aggregate_id from daftar.events as e
         where e.command_id = commands.command_id limit 1)",
    )
    .await;
    change(renewed).await;
    assert_eq!(columns(&found(&book, Check::Command).await), ["version"]);
    change("version = null, position = position - 1").await;
    change(renewed).await;
    let moved = found(&book, Check::CommandPosition).await;
    assert_eq!(columns(&moved), ["position"]);

    databases.tamper("commands", &format!("delete from daftar.commands where {id}")).await;
    let gone = found(&book, Check::Command).await;
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert_eq!(gone[0].expected, Some("a record of the decision".into()));
    assert!(!gone[0].positions.is_empty());
}

#[tokio::test]
async fn every_field_of_the_head_is_compared() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    for (set, back, column) in [
        ("revision = revision - 1", "revision = revision + 1", "revision"),
        (
            "hash = sha256(hash)",
            "hash = (select hash from daftar.events order by position desc limit 1)",
            "hash",
        ),
        (
            "recorded_at = recorded_at + interval '1 hour'",
            "recorded_at = recorded_at - interval '1 hour'",
            "recorded_at",
        ),
        ("position = position - 1", "position = position + 1", "position"),
        ("position = position + 1", "position = position - 1", "position"),
        ("min_reader = 0", "min_reader = 1", "min_reader and writer_format"),
    ] {
        databases.tamper("books", &format!("update daftar.books set {set}")).await;
        let head = found(&book, Check::Head).await;
        assert_eq!(columns(&head), [column], "{head:?}");
        databases.tamper("books", &format!("update daftar.books set {back}")).await;
        book.verify_clean().await;
    }

    let uuid = "uuid = '00000000-0000-0000-0000-0000000000aa'";
    databases.tamper("books", &format!("update daftar.books set {uuid}")).await;
    let findings = book.verify().await.findings;
    assert_eq!(findings.len(), 1, "one thing is wrong, not every event: {findings:?}");
    assert_eq!(columns(&findings), ["uuid"]);
    let uuid = "uuid = '00000000-0000-0000-0000-000000000001'";
    databases.tamper("books", &format!("update daftar.books set {uuid}")).await;

    databases.tamper("books", "update daftar.books set fold_set = fold_set || ',x:1'").await;
    assert_eq!(found(&book, Check::FoldSet).await.len(), 1);
}

/// The wallet's state at its end, saved.
async fn save(book: &Book) -> Snapshot {
    let mut conn = book.pool.acquire().await.unwrap();
    let mut replay = Replay::new(upcasters());
    let mut views = Views::default();
    for recorded in read::after(&mut conn, book.id, Position::ZERO, 10_000).await.unwrap() {
        replay.apply(&recorded, &mut views).unwrap();
    }
    let stream = replay.states().map(|(stream, _)| stream);
    let stream = stream.into_iter().find(|one| one.aggregate_id() == wallet().uuid()).unwrap();
    let state: &State = replay.state(stream).unwrap();
    let saved = Snapshot {
        stream: StreamId::new(stream.aggregate_type(), stream.aggregate_id().to_string()),
        version: Version(i64::try_from(state.version()).unwrap()),
        format: SNAPSHOT_FORMAT,
        state: serde_json::to_string(state).unwrap(),
    };
    snapshot::save(&mut conn, book.id, std::slice::from_ref(&saved)).await.unwrap();
    saved
}

#[tokio::test]
async fn a_saved_state_is_what_its_events_make_it() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let saved = save(&book).await;
    book.verify_clean().await;

    let change = async |set: String| {
        databases.tamper("snapshots", &format!("update daftar.snapshots set {set}")).await;
    };
    assert!(saved.state.contains("\"closed\":false"), "{}", saved.state);
    let place = "'{wallet,Open,closed}'";
    change(format!("state = jsonb_set(state::jsonb, {place}, 'true')::json")).await;
    let wrong = found(&book, Check::Snapshot).await;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(text_of(&wrong[0].key).starts_with("wallet/"), "{}", wrong[0]);
    assert_eq!(columns(&wrong), ["wallet.Open.closed"]);
    assert_eq!((&wrong[0].expected, &wrong[0].found), (&Some(false.into()), &Some(true.into())));

    // Of a form that nobody uses: it says nothing.
    change("format = 99".to_owned()).await;
    book.verify_clean().await;
    change(format!("format = {SNAPSHOT_FORMAT}, sequence = sequence + 1")).await;
    assert_eq!(columns(&found(&book, Check::Snapshot).await), ["sequence"]);
    change("aggregate_id = '00000000-0000-0000-0000-0000000000ff'".to_owned()).await;
    assert_eq!(found(&book, Check::Snapshot).await[0].found, Some("no such stream".into()));
}

#[tokio::test]
async fn a_number_that_was_given_twice_or_left_out_is_named() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    // The second of the series takes the number of the first, the third comes after a hole.
    databases
        .tamper(
            "events",
            "update daftar.events
                set payload = regexp_replace(payload::text, '\"counter\":2,', '\"counter\":1,')::json
              where event_type = 'placed'",
        )
        .await;
    let twice = found(&book, Check::Number).await;
    let next = twice.iter().find(|one| one.expected == Some("2".into())).unwrap();
    assert_eq!(next.found, Some("1".into()));
    assert!(
        twice
            .iter()
            .any(|one| one.expected.as_ref().is_some_and(|one| text_of(one).ends_with("00001")))
    );
}

#[tokio::test]
async fn rows_of_a_generation_that_nobody_reads_are_named() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    for table in crate::book::TABLES {
        databases
            .tamper(
                table,
                &format!(
                    "insert into daftar.{table}
                     select (jsonb_populate_record(t, '{{\"generation\": 9}}')).*
                       from daftar.{table} as t limit 1"
                ),
            )
            .await;
    }
    let left = found(&book, Check::Generation).await;
    assert_eq!(left.len(), crate::book::TABLES.len(), "{left:?}");
    assert!(left.iter().all(|finding| finding.key == "generation 9"));
    assert_eq!(book.verify().await.findings.len(), left.len());
}

#[tokio::test]
async fn what_an_item_holds_is_explained_by_its_row_and_the_other_way_round() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    for (view, column) in [
        ("wallet_balances", "balance"),
        ("payments", "unallocated"),
        ("order_management", "held"),
        ("suspense_items", "balance"),
    ] {
        let sql = format!("update daftar.{view} set {column} = {column} + 1");
        databases.tamper(view, &sql).await;
        let apart = found(&book, Check::AccountBalance).await;
        let rows = databases.rows(view).await.len();
        assert_eq!(apart.len(), rows, "{view}: {apart:?}");
        assert!(apart.iter().all(|one| one.projection.as_deref() == Some(view)), "{apart:?}");
        let sql = format!("update daftar.{view} set {column} = {column} - 1");
        databases.tamper(view, &sql).await;
    }
    databases.tamper("suspense_items", "delete from daftar.suspense_items").await;
    let open = found(&book, Check::AccountBalance).await;
    assert!(open.iter().all(|one| one.key["account"] == "9010"), "{open:?}");
    let found = open.iter().map(|one| one.found.as_ref().unwrap());
    for found in found {
        assert!(found["account_holds"].is_string() && found["view_holds"].is_null(), "{found}");
    }
}
