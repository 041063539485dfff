//! Orders in trouble, and the plans that are proposed for them.

use ledger::alerts::{self, Alert, Filter, Severity, State};
use ledger::fix::{self, FixError};
use ledger::monitors;

use super::watched::Watched;
use crate::book::{by_transfer, order};
use crate::old_shop::{MISSING, REPAIRED, World, owners_decisions, person};

const MONITOR: &str = "law-broken";
const PLANS: &str = "select count(*) from daftar.fix_plans";

async fn look(world: &World) -> Vec<Alert> {
    let monitor = monitors::find(MONITOR).unwrap();
    monitors::look_once(&world.ledger, monitor).await.unwrap();
    let filter = Filter { monitor: Some(MONITOR.to_owned()), ..Filter::default() };
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    let mut found = alerts::list(&mut conn, world.ledger.book(), &filter, None, 100).await.unwrap();
    found.retain(|alert| alert.state() != State::Resolved);
    found.sort_by_key(number);
    found
}

fn number(alert: &Alert) -> String {
    alert.evidence["number"].as_str().unwrap().to_owned()
}

fn numbers(alerts: &[Alert]) -> Vec<String> {
    alerts.iter().map(number).collect()
}

fn plan(alert: &Alert) -> &str {
    alert.evidence["proposal"]["plan"].as_str().unwrap()
}

#[tokio::test]
async fn an_order_in_trouble_gets_a_plan_once_and_a_person_who_applies_it_resolves_it() {
    let world = World::imported(MISSING).await;
    let found = look(&world).await;
    // The receipt of M2511138 only waits, and that is told of in working time.
    assert_eq!(numbers(&found), ["M2511130", "M2511133", "M2511135"]);
    let first = &found[0];
    assert_eq!((first.severity, first.owner.as_str()), (Severity::Warning, "finance"));
    assert_eq!(first.says, "order M2511130 is in trouble: status_mismatch, wallet_issue");
    assert!(!first.evidence["found_by"].as_array().unwrap().is_empty());
    let command = first.evidence["proposal"]["command"].as_str().unwrap();
    assert_eq!(command, format!("daftar fix --as PERSON --show {}", plan(first)));
    assert_eq!(world.number(PLANS).await, 3);

    let position = world.position().await;
    let again = look(&world).await;
    assert_eq!(again, found, "nothing new is said");
    assert_eq!(world.number(PLANS).await, 3);
    assert_eq!(world.position().await, position, "and nothing was done");

    let applied = fix::apply(&world.ledger, plan(first), &person("layla")).await.unwrap();
    assert!(applied.complete, "{applied:?}");
    assert_eq!(applied.planned_by, "watch");
    let left = look(&world).await;
    assert_eq!(numbers(&left), ["M2511133", "M2511135"]);
    // Their customer's wallet has moved, and what rested on it would be stale.
    assert_eq!(world.number(PLANS).await, 5);
    // Each that is applied moves the wallet again.
    for _ in 0..2 {
        let next = look(&world).await.remove(0);
        let applied = fix::apply(&world.ledger, plan(&next), &person("layla")).await.unwrap();
        assert!(applied.complete, "{applied:?}");
    }
    assert_eq!(look(&world).await, []);
    world.must_verify().await;
}

#[tokio::test]
async fn whoever_applies_the_watchs_plan_cannot_approve_it_by_a_puppet() {
    let world = World::imported(REPAIRED).await;
    // What a person found out; the money that was taken twice is still to be given back.
    let found = look(&world).await;
    let charged_twice: Vec<&Alert> = found
        .iter()
        .filter(|alert| alert.says.contains("double_charge"))
        .filter(|alert| alert.evidence["proposal"]["plan"].is_string())
        .collect();
    let alert = charged_twice.first().expect("one that was charged twice has a plan");
    assert_ne!(alert.evidence["proposal"]["second_person"], serde_json::json!([]));
    let digest = plan(alert);
    let run = "insert into daftar.principals
        (book_id, principal_id, kind, role, created_at, created_by)
        values (1, 'layla', 'person', 'admin', now(), null),
               (1, 'omar', 'person', 'admin', now(), null),
               (1, 'puppet', 'person', 'admin', now(), 'layla')";
    world.run(run).await;
    let position = world.position().await;
    fix::approve(&world.ledger, digest, &person("puppet"), None).await.unwrap();
    let alone = fix::apply(&world.ledger, digest, &person("layla")).await.unwrap_err();
    assert!(matches!(alone, FixError::NeedsSecondPerson { .. }), "{alone:?}");
    assert_eq!(world.position().await, position, "nothing ran");
    fix::approve(&world.ledger, digest, &person("omar"), None).await.unwrap();
    assert!(fix::apply(&world.ledger, digest, &person("layla")).await.unwrap().complete);
}

#[tokio::test]
async fn what_only_a_person_can_say_is_asked_for() {
    let world = World::imported(MISSING).await;
    // Its records agree on nothing that could be planned.
    world.run(include_str!("../sql/one_order_a_phase.sql")).await;
    world.import().await.unwrap();
    let found = look(&world).await;
    let asked: Vec<&Alert> =
        found.iter().filter(|alert| alert.evidence["proposal"]["plan"].is_null()).collect();
    assert!(!asked.is_empty(), "{found:#?}");
    for alert in asked {
        let proposal = &alert.evidence["proposal"];
        assert!(proposal["question"].is_string() || proposal["problem"].is_string(), "{alert:#?}");
        assert!(proposal["command"].as_str().unwrap().contains("--decisions"), "{alert:#?}");
    }
    // A decision about one of them resolves it.
    let decided = world.plan(owners_decisions()).await;
    assert!(world.apply(&decided).await.complete);
    let left = numbers(&look(&world).await);
    assert!(!left.contains(&"M2511130".to_owned()), "{left:?}");
}

#[tokio::test]
async fn statuses_that_no_phase_has_are_found_in_an_order_of_our_own() {
    let watched = Watched::open().await;
    watched.send(by_transfer(1, "anna", 100)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    force(&watched, "update daftar.customer_orders set status = 'delivered'").await;
    let found = watched.one(MONITOR).await;
    assert_eq!(found.subject, format!("order/{}", order(1)));
    assert!(found.says.ends_with("is in trouble: status_mismatch"), "{found:?}");
    force(&watched, "update daftar.customer_orders set status = 'payment_grace_period'").await;
    assert_eq!(watched.look(MONITOR).await, []);
    assert_eq!(watched.book.count(PLANS).await, 0, "no command would put a row of a view right");
}

#[tokio::test]
async fn an_order_that_cannot_be_read_hides_no_other() {
    let world = World::imported(MISSING).await;
    let found = look(&world).await;
    let unreadable = found[0].subject.strip_prefix("order/").unwrap();
    let mut conn = world.source().await;
    for sql in [
        "alter table daftar.events disable trigger user",
        "update daftar.events set event_version = '99' where aggregate_id = $1",
    ] {
        let query = sqlx::query(sql);
        let query = if sql.contains("$1") { query.bind(unreadable) } else { query };
        query.execute(&mut conn).await.unwrap();
    }
    assert_eq!(numbers(&look(&world).await), ["M2511133", "M2511135"]);
}

/// What only somebody with every right can do to a view.
async fn force(watched: &Watched, sql: &'static str) {
    let mut conn = watched.book.superuser().await;
    for sql in ["alter table daftar.customer_orders disable trigger user", sql] {
        sqlx::query(sql).execute(&mut conn).await.unwrap();
    }
}
