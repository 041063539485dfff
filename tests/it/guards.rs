//! What somebody with every right on the database cannot do, or cannot do unnoticed.

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::daftar::{Api, Installation, Service, Ticket};

const CUSTOMER: &str = "customer-1";

/// A book with a wallet of 900 and an order of 250 in it, still served.
async fn book(name: &str) -> (Installation, Service) {
    let installation = Installation::new(name);
    let service = installation.serve();
    let api = Api::new(service.base());
    let (client, finance) =
        (installation.key("client", "storefront"), installation.key("finance", "zahra"));
    for ticket in [
        Ticket::top_up(&finance, CUSTOMER, 900),
        Ticket::place(&client, "order".to_owned(), CUSTOMER, 250),
    ] {
        let reply = api.command(&ticket).await;
        assert!(reply.is_accepted(), "{}", reply.body);
    }
    installation.assert_verified();
    (installation, service)
}

async fn sql(conn: &mut PgConnection, statement: &str) -> Result<u64, String> {
    let outcome = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(conn).await;
    outcome.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

async fn forced(conn: &mut PgConnection, statements: &[&str]) {
    for statement in statements {
        if let Err(error) = sql(conn, statement).await {
            panic!("{statement}: {error}");
        }
    }
}

/// The findings of a verification that must not succeed.
fn findings(installation: &Installation) -> Vec<Value> {
    let (succeeded, said) = installation.verify();
    assert!(!succeeded, "verify found nothing: {said}");
    assert_eq!(said["verified"], false, "{said}");
    said["findings"].as_array().expect("findings are a list").clone()
}

#[tokio::test]
async fn the_owner_can_neither_change_nor_delete_nor_truncate_the_log() {
    let (installation, _service) = book("guardlog").await;
    let mut conn = installation.postgres().connect("daftar").await;
    for role in ["reset role", "set role daftar_owner", "set role daftar_writer"] {
        forced(&mut conn, &[role]).await;
        for statement in [
            "update events set payload = '{}'",
            "update events set effective_at = now() where position = 1",
            "delete from events",
            "delete from events where position = 1",
            "truncate events",
            "truncate events cascade",
        ] {
            let outcome = sql(&mut conn, statement).await;
            assert!(outcome.is_err(), "{role}; {statement}: {outcome:?}");
        }
    }
    // Replica mode puts ordinary triggers to sleep.
    forced(&mut conn, &["reset role", "set session_replication_role = replica"]).await;
    let outcome = sql(&mut conn, "delete from events").await;
    assert!(outcome.is_err(), "{outcome:?}");
    installation.assert_verified();
}

#[tokio::test]
async fn a_view_row_changed_by_hand_is_refused_or_found_and_named() {
    let (installation, _service) = book("guardview").await;
    let mut conn = installation.postgres().connect("daftar").await;
    for role in ["reset role", "set role daftar_owner"] {
        forced(&mut conn, &[role]).await;
        for statement in [
            "update wallet_balances set balance = balance + 1",
            "update customer_orders set status = 'delivered'",
            "update order_management set current_status = 'completed'",
            "delete from journal_lines",
            "update commands set status = 200",
            "update books set position = position + 1",
        ] {
            let outcome = sql(&mut conn, statement).await;
            assert!(outcome.is_err(), "{role}; {statement}: {outcome:?}");
        }
    }
    installation.assert_verified();

    forced(
        &mut conn,
        &[
            "reset role",
            "alter table wallet_balances disable trigger only_functions_write",
            "update wallet_balances set balance = 999999",
            "alter table wallet_balances enable always trigger only_functions_write",
        ],
    )
    .await;
    let wallet: String = sqlx::query_scalar("select wallet_id::text from wallet_balances")
        .fetch_one(&mut conn)
        .await
        .expect("there is one wallet");
    let found = findings(&installation);
    let named = found.iter().find(|one| {
        one["view"] == "wallet_balances"
            && one["key"].as_str().is_some_and(|key| key.contains(&wallet))
            && one["column"] == "balance"
    });
    let named = named.unwrap_or_else(|| panic!("wallet {wallet} is not named: {found:#?}"));
    assert_eq!((&named["expected"], &named["found"]), (&"650".into(), &"999999".into()));

    // The events know better.
    installation.run(&["rebuild", "wallet_balances"]);
    installation.assert_verified();
}

#[tokio::test]
async fn an_event_changed_past_all_guards_is_found_by_its_position() {
    let (installation, _service) = book("guardevent").await;
    let mut conn = installation.postgres().connect("daftar").await;
    let row = sqlx::query(
        "select position, payload::text as payload from events where event_type = 'placed'",
    )
    .fetch_one(&mut conn)
    .await
    .expect("an order was placed");
    let (position, payload): (i64, String) = (row.get("position"), row.get("payload"));
    assert!(payload.contains("250"), "{payload}");
    let change = |payload: &str| {
        format!("update events set payload = $json${payload}$json$ where position = {position}")
    };
    forced(
        &mut conn,
        &[
            "alter table events disable trigger user",
            &change(&payload.replace("250", "25")),
            "alter table events enable always trigger never_changes",
            "alter table events enable always trigger only_functions_write",
        ],
    )
    .await;
    let found = findings(&installation);
    let named = found.iter().any(|one| {
        let mut positions = one["positions"].as_array().into_iter().flatten();
        positions.any(|at| at.as_i64() == Some(position))
    });
    assert!(named, "the event at {position} is not named: {found:#?}");

    forced(
        &mut conn,
        &[
            "alter table events disable trigger user",
            &change(&payload),
            "alter table events enable always trigger never_changes",
            "alter table events enable always trigger only_functions_write",
        ],
    )
    .await;
    installation.assert_verified();
}

#[tokio::test]
async fn a_guard_that_was_taken_away_is_noticed() {
    let (installation, _service) = book("guardgone").await;
    let mut conn = installation.postgres().connect("daftar").await;
    forced(&mut conn, &["alter table events disable trigger never_changes"]).await;
    assert!(!findings(&installation).is_empty());
    let doctor = installation.try_run(&["doctor", "--json"]);
    assert!(!doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    forced(&mut conn, &["alter table events enable always trigger never_changes"]).await;
    installation.assert_verified();
}
