//! The life of an alert: opened, kept, acknowledged, resolved, opened again; every step with a number.

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::BookId;
use ledger::alerts::{self, Alert, AlertError, Case, Filter, Severity, State, Synced, What};
use serde_json::json;
use sqlx::PgConnection;

use crate::old_shop::{MISSING, World};

const MONITOR: &str = "receipt-waiting";

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
}

fn case(subject: &str, severity: Severity) -> Case {
    Case {
        subject: subject.to_owned(),
        severity,
        owner: "finance".to_owned(),
        says: format!("{subject} waits"),
        evidence: json!({ "hours": 5 }),
    }
}

async fn sync(conn: &mut PgConnection, book: BookId, cases: Vec<Case>, minutes: i64) -> Synced {
    alerts::sync(conn, book, MONITOR, cases, at(minutes)).await.unwrap()
}

async fn all(conn: &mut PgConnection, book: BookId) -> Vec<Alert> {
    alerts::list(conn, book, &Filter::default(), None, 100).await.unwrap()
}

#[tokio::test]
async fn what_is_found_is_opened_kept_resolved_and_opened_again() {
    let world = World::with(MISSING).await;
    let book = world.ledger.book();
    let mut conn = world.ledger.pool().acquire().await.unwrap();

    let both = vec![case("order/1", Severity::Warning), case("order/2", Severity::Warning)];
    let opened = sync(&mut conn, book, both.clone(), 0).await;
    assert_eq!(opened, Synced { opened: 2, ..Synced::default() });
    assert_eq!(sync(&mut conn, book, both, 1).await, Synced { kept: 2, ..Synced::default() });

    let worse = vec![case("order/1", Severity::Warning), case("order/1", Severity::Critical)];
    let synced = sync(&mut conn, book, worse, 2).await;
    assert_eq!(synced, Synced { kept: 1, resolved: 1, ..Synced::default() });
    let alerts = all(&mut conn, book).await;
    assert_eq!(alerts[0].subject, "order/2");
    assert_eq!((alerts[0].state(), alerts[0].resolved_at), (State::Resolved, Some(at(2))));
    assert_eq!((alerts[1].state(), alerts[1].severity), (State::Opened, Severity::Critical));

    let first = alerts[1].id;
    let mine = alerts::acknowledge(&mut conn, book, first, ("zaynab", Some("I call them")), at(3))
        .await
        .unwrap();
    assert_eq!(
        (mine.state(), mine.acknowledged_by.as_deref()),
        (State::Acknowledged, Some("zaynab"))
    );
    let again = alerts::acknowledge(&mut conn, book, first, ("hamid", None), at(4)).await.unwrap();
    assert_eq!(again, mine, "the first one stands");

    let second = sync(&mut conn, book, vec![case("order/2", Severity::Info)], 5).await;
    assert_eq!(second, Synced { reopened: 1, resolved: 1, ..Synced::default() });
    let over =
        alerts::acknowledge(&mut conn, book, first, ("hamid", None), at(6)).await.unwrap_err();
    assert!(matches!(over, AlertError::Over(id) if id == first), "{over}");
    let reopened = sync(&mut conn, book, vec![case("order/1", Severity::Info)], 7).await;
    assert_eq!(reopened, Synced { reopened: 1, resolved: 1, ..Synced::default() });
    let alert = alerts::find(&mut conn, book, first).await.unwrap().unwrap();
    assert_eq!((alert.state(), alert.times_opened, alert.opened_at), (State::Opened, 2, at(7)));

    let changes = alerts::changes(&mut conn, book, 0, 100).await.unwrap();
    let told: Vec<_> =
        changes.iter().map(|change| (change.number, &*change.subject, change.what)).collect();
    let expected = [
        (1, "order/1", What::Opened),
        (2, "order/2", What::Opened),
        (3, "order/2", What::Resolved),
        (4, "order/1", What::Acknowledged),
        (5, "order/1", What::Resolved),
        (6, "order/2", What::Reopened),
        (7, "order/2", What::Resolved),
        (8, "order/1", What::Reopened),
    ];
    let mut sorted = told.clone();
    sorted.sort_unstable_by_key(|(number, ..)| *number);
    assert_eq!(told, sorted);
    assert_eq!(told.len(), expected.len());
    for expected in expected {
        // Of one run, the order of two subjects is nobody's promise.
        assert!(told.iter().any(|told| told.1 == expected.1 && told.2 == expected.2), "{told:?}");
    }
    assert_eq!(alerts::changes(&mut conn, book, 6, 1).await.unwrap()[0].number, 7);
}

#[tokio::test]
async fn alerts_are_listed_by_where_they_stand_and_counted_while_they_are_open() {
    let world = World::with(MISSING).await;
    let book = world.ledger.book();
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    let cases = vec![
        case("order/1", Severity::Warning),
        case("order/2", Severity::Critical),
        Case { owner: "warehouse".to_owned(), ..case("order/3", Severity::Warning) },
    ];
    sync(&mut conn, book, cases, 0).await;
    let warehouse = Filter { owner: Some("warehouse".to_owned()), ..Filter::default() };
    let theirs = alerts::list(&mut conn, book, &warehouse, None, 10).await.unwrap();
    assert_eq!(theirs.iter().map(|alert| &*alert.subject).collect::<Vec<_>>(), ["order/3"]);
    let critical = Filter { severity: Some(Severity::Critical), ..Filter::default() };
    let urgent = alerts::list(&mut conn, book, &critical, None, 10).await.unwrap();
    assert_eq!(urgent.iter().map(|alert| &*alert.subject).collect::<Vec<_>>(), ["order/2"]);
    alerts::acknowledge(&mut conn, book, urgent[0].id, ("zaynab", Some("I call them")), at(1))
        .await
        .unwrap();
    let opened = Filter { state: Some(State::Opened), ..Filter::default() };
    assert_eq!(alerts::list(&mut conn, book, &opened, None, 10).await.unwrap().len(), 2);

    let mut pages = Vec::new();
    let mut below = None;
    loop {
        let page = alerts::list(&mut conn, book, &Filter::default(), below, 1).await.unwrap();
        let Some(last) = page.last() else { break };
        below = Some(last.number);
        pages.push(last.number);
    }
    assert_eq!(pages, [4, 3, 1], "2 was the critical one, which changed last");

    let counts = alerts::count_open(&mut conn, book).await.unwrap();
    assert_eq!(counts[&(MONITOR.to_owned(), Severity::Warning)], 2);
    assert_eq!(counts[&(MONITOR.to_owned(), Severity::Critical)], 1);
    assert!(
        alerts::list(&mut conn, BookId(2), &Filter::default(), None, 9).await.unwrap().is_empty()
    );
}

#[tokio::test]
async fn those_who_change_alerts_at_once_leave_no_hole_in_the_numbers() {
    let world = World::with(MISSING).await;
    let book = world.ledger.book();
    let pool = world.ledger.pool();
    let rounds = (0..8).map(|one: i64| async move {
        let mut conn = pool.acquire().await.unwrap();
        for round in 0..5 {
            let monitor = format!("monitor-{one}");
            let cases = match round % 2 {
                0 => vec![case("order/1", Severity::Info), case("order/2", Severity::Info)],
                _ => Vec::new(),
            };
            alerts::sync(&mut conn, book, &monitor, cases, at(round)).await.unwrap();
        }
    });
    futures::future::join_all(rounds).await;
    let mut conn = pool.acquire().await.unwrap();
    let changes = alerts::changes(&mut conn, book, 0, 500).await.unwrap();
    let numbers: Vec<_> = changes.iter().map(|change| change.number).collect();
    assert_eq!(numbers, (1..=80).collect::<Vec<_>>());

    let changed = sqlx::query("update alert_changes set says = 'no'").execute(&mut *conn).await;
    assert!(changed.unwrap_err().to_string().contains("permission denied"));
}
