//! The life of an alert: opened, kept, acknowledged, resolved, opened again; every step with a number.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::actor::Role;
use eventstore::BookId;
use ledger::alerts::{self, Alert, AlertError, Case, Filter, Severity, State, Synced, What};
use ledger::{Ledger, monitors};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde_json::json;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::book::{BOOK, Book, noon, until};
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

    let rewritten = sqlx::query("update alert_changes set says = 'no'").execute(&mut *conn).await;
    assert!(rewritten.unwrap_err().to_string().contains("permission denied"));
}

/// Those whose turn has come wait for whoever changes alerts; the rest waits for them.
#[tokio::test]
async fn two_nodes_that_see_the_same_at_once_open_each_alert_once() {
    let world = World::with(MISSING).await;
    let book = world.ledger.book();
    let pool = world.ledger.pool();
    for round in 0..10 {
        let is_there = round % 2 == 0;
        let looks = (0..4).map(|_| async move {
            let mut conn = pool.acquire().await.unwrap();
            let subjects = if is_there { vec!["order/1", "order/2"] } else { Vec::new() };
            let cases = subjects.into_iter().map(|one| case(one, Severity::Warning)).collect();
            sync(&mut conn, book, cases, round).await
        });
        let synced = futures::future::join_all(looks).await;
        let changed = |synced: &Synced| synced.opened + synced.reopened + synced.resolved;
        let total: u32 = synced.iter().map(changed).sum();
        assert_eq!(total, 2, "round {round}: {synced:?}");
    }
    let mut conn = pool.acquire().await.unwrap();
    let changes = alerts::changes(&mut conn, book, 0, 500).await.unwrap();
    let numbers: Vec<_> = changes.iter().map(|change| change.number).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    for subject in ["order/1", "order/2"] {
        let told: Vec<_> = changes
            .iter()
            .filter(|change| change.subject == subject)
            .map(|change| change.what)
            .collect();
        let again = [What::Reopened, What::Resolved].into_iter().cycle().take(8);
        let life: Vec<_> = [What::Opened, What::Resolved].into_iter().chain(again).collect();
        assert_eq!(told, life, "{subject}");
    }
    assert_eq!(all(&mut conn, book).await.len(), 2);
}

#[tokio::test]
async fn whoever_is_killed_between_two_changes_leaves_neither() {
    let shop = Book::empty().await;
    let node = shop.node().await;
    let (book, mut conn) = (node.book(), node.pool().acquire().await.unwrap());
    let both = vec![case("order/1", Severity::Warning), case("order/2", Severity::Warning)];
    sync(&mut conn, book, both.clone(), 0).await;
    // It gets as far as the second row of two.
    let mut holder = shop.superuser().await;
    let hold = "begin; select from daftar.alerts where subject = 'order/2' for no key update";
    sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();

    let mut doomed = shop.app().await;
    let resolved = alerts::sync(&mut doomed, book, MONITOR, Vec::new(), at(1));
    let kill = async {
        let mut killer = shop.superuser().await;
        until(async || {
            let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'
                         and query like 'update daftar.alerts%'";
            let gone: i64 = sqlx::query_scalar(sql).fetch_one(&mut killer).await.unwrap();
            gone > 0
        })
        .await;
    };
    let (broken, ()) = futures::join!(resolved, kill);
    broken.unwrap_err();
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();

    assert!(all(&mut conn, book).await.iter().all(|alert| alert.state() == State::Opened));
    assert_eq!(alerts::changes(&mut conn, book, 0, 9).await.unwrap().len(), 2);
    assert_eq!(alerts::last_number(&mut conn, book).await.unwrap(), 2);
    let synced = sync(&mut conn, book, Vec::new(), 2).await;
    assert_eq!(synced, Synced { resolved: 2, ..Synced::default() });
    let numbers = alerts::changes(&mut conn, book, 2, 9).await.unwrap();
    assert_eq!(numbers.iter().map(|change| change.number).collect::<Vec<_>>(), [3, 4]);
}

#[tokio::test]
async fn a_change_keeps_what_the_alert_was_then_and_what_was_said_of_it() {
    let world = World::with(MISSING).await;
    let book = world.ledger.book();
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    sync(&mut conn, book, vec![case("order/1", Severity::Warning)], 0).await;
    let id = all(&mut conn, book).await[0].id;
    let by = ("zaynab", Some("T-12"));
    alerts::acknowledge(&mut conn, book, id, by, at(1)).await.unwrap();
    let worse = Case {
        owner: "warehouse".to_owned(),
        says: "order/1 is lost".to_owned(),
        ..case("order/1", Severity::Critical)
    };
    assert_eq!(sync(&mut conn, book, vec![worse], 2).await.kept, 1);
    sync(&mut conn, book, Vec::new(), 3).await;
    let told: Vec<_> = alerts::history(&mut conn, book, id, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|change| (change.what, change.severity, change.owner, change.says, change.note))
        .collect();
    let (waits, lost) = ("order/1 waits".to_owned(), "order/1 is lost".to_owned());
    let (finance, warehouse) = ("finance".to_owned(), "warehouse".to_owned());
    let note = Some("T-12".to_owned());
    assert_eq!(
        told,
        [
            (What::Resolved, Severity::Critical, warehouse, lost, None),
            (What::Acknowledged, Severity::Warning, finance.clone(), waits.clone(), note),
            (What::Opened, Severity::Warning, finance, waits, None),
        ]
    );
    assert_eq!(alerts::history(&mut conn, book, id, 2).await.unwrap().len(), 2);
}

#[test]
fn a_department_sees_to_its_own_and_an_admin_to_everything() {
    for owner in ["finance", "warehouse", "logistics", "operations"] {
        let who: Vec<_> =
            Role::ALL.into_iter().filter(|role| alerts::sees_to(*role, owner)).collect();
        let expected = Role::ALL
            .into_iter()
            .filter(|role| *role == Role::Admin || role.as_str() == owner)
            .collect::<Vec<_>>();
        assert_eq!(who, expected, "{owner}");
    }
    assert!(!alerts::sees_to(Role::Auditor, "auditor"));
}

/// Who has the watch.
async fn holder(conn: &mut PgConnection) -> Option<Uuid> {
    let sql = "select claim from daftar.watches";
    sqlx::query_scalar(sql).fetch_optional(conn).await.unwrap().flatten()
}

#[tokio::test]
async fn one_node_has_the_watch_and_another_takes_it_over_when_it_stops_or_is_gone() {
    let shop = Book::empty().await;
    let (one, two) = (shop.node().await, shop.node().await);
    let mut conn = shop.superuser().await;
    let tasks = TaskTracker::new();
    let (first, second) = (CancellationToken::new(), CancellationToken::new());
    tasks.spawn(monitors::run(one.clone(), first.clone()));
    until(async || holder(&mut conn).await.is_some()).await;
    let held_by_one = holder(&mut conn).await;
    let watching = tasks.spawn(monitors::run(two.clone(), second.clone()));
    until(async || {
        let mut reader = two.pool().acquire().await.unwrap();
        monitors::looks(&mut reader, BOOK).await.unwrap().len() == monitors::all().len()
    })
    .await;
    assert_eq!(holder(&mut conn).await, held_by_one, "it is not taken from who has it");

    // It is left to others at once.
    first.cancel();
    until(async || holder(&mut conn).await.is_some_and(|holder| Some(holder) != held_by_one)).await;
    let held_by_two = holder(&mut conn).await;
    // Killed, it is taken over once its claim is over.
    watching.abort();
    let three = shop.node().await;
    let third = CancellationToken::new();
    tasks.spawn(monitors::run(three.clone(), third.clone()));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(holder(&mut conn).await, held_by_two, "it may be paused, and no more");
    let over = "update daftar.watches set claimed_until = clock_timestamp() - interval '1 second'";
    sqlx::raw_sql(over).execute(&mut conn).await.unwrap();
    until(async || holder(&mut conn).await != held_by_two).await;
    third.cancel();
    tasks.close();
    tasks.wait().await;
    assert_eq!(holder(&mut conn).await, None, "whoever stops leaves it");
}

#[tokio::test]
async fn a_monitor_that_cannot_look_says_so_and_leaves_its_alerts_as_they_are() {
    let book = Book::empty().await;
    let node = book.node().await;
    let mut conn = node.pool().acquire().await.unwrap();
    let name = "webhook-failing";
    let cases = vec![case("webhook/1", Severity::Warning)];
    alerts::sync(&mut conn, BOOK, name, cases, noon()).await.unwrap();
    let mut superuser = book.superuser().await;
    let blind = "revoke select on daftar.webhooks from daftar_app";
    sqlx::raw_sql(blind).execute(&mut superuser).await.unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    tasks.spawn(monitors::run(node.clone(), stop.clone()));
    let look = async || {
        let mut reader = book.superuser().await;
        sqlx::raw_sql("set search_path to daftar").execute(&mut reader).await.unwrap();
        let looks = monitors::looks(&mut reader, BOOK).await.unwrap();
        looks.into_iter().find(|look| look.monitor == name)
    };
    until(async || look().await.is_some()).await;
    assert!(look().await.unwrap().failure.is_some(), "{:?}", look().await);
    let open = alerts::list(&mut conn, BOOK, &Filter::default(), None, 9).await.unwrap();
    assert_eq!((open.len(), open[0].state()), (1, State::Opened), "it is not known to be gone");
    until(async || gauge(&node, &format!("daftar_monitor_failing{{monitor=\"{name}\"}}")) == 1)
        .await;
    let counted = format!("daftar_alerts_open{{monitor=\"{name}\",severity=\"warning\"}}");
    assert_eq!(gauge(&node, &counted), 1);
    assert!(gauge(&node, "daftar_monitor_looked_timestamp_seconds{monitor=\"law-broken\"}") > 0);

    stop.cancel();
    tasks.close();
    tasks.wait().await;
    let sees = "grant select on daftar.webhooks to daftar_app";
    sqlx::raw_sql(sees).execute(&mut superuser).await.unwrap();
    let monitor = monitors::find(name).unwrap();
    let synced = monitors::look_once(&node, monitor).await.unwrap();
    assert_eq!(synced, Synced { resolved: 1, ..Synced::default() });
}

/// What whoever watches the node is told under a name.
fn gauge(node: &Ledger, sample: &str) -> i64 {
    let mut registry = Registry::default();
    node.metrics().register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {sample} in {text}")).parse().unwrap()
}
