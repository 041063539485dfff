//! What somebody with every right on the database cannot do, or cannot do unnoticed.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::daftar::{Api, Installation, Service, Ticket};

const CUSTOMER: &str = "customer-1";

/// A book with a wallet of 900 and an order of 250 in it, still served.
async fn book(name: &str) -> (Installation, Service) {
    let installation = Installation::new(name);
    // What is found here is done about by nobody else.
    let service = Service::start(installation.daftar(&["serve", "--no-scrubber"]));
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
            && one["key"] == json!({ "wallet_id": wallet })
            && one["column"] == "balance"
    });
    let named = named.unwrap_or_else(|| panic!("wallet {wallet} is not named: {found:#?}"));
    assert_eq!((&named["expected"], &named["found"]), (&"650".into(), &"999999".into()));

    // The events know better.
    installation.run(&["rebuild", "wallet_balances", "--accept-differences"]);
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

/// What somebody with every right could put in a guard's place, how that is named, and how it is put
/// back.
const SABOTAGE: [(&str, &str, &str); 9] = [
    (
        "drop trigger only_functions_write on wallet_balances;
         create trigger only_functions_write
           before insert or update or delete or truncate on wallet_balances
           for each statement when (false) execute function refuse_direct_write();
         alter table wallet_balances enable always trigger only_functions_write",
        "daftar.wallet_balances only_functions_write",
        "drop trigger only_functions_write on wallet_balances; select guard_view('wallet_balances')",
    ),
    (
        "alter table events enable trigger only_functions_write",
        "daftar.events only_functions_write",
        "alter table events enable always trigger only_functions_write",
    ),
    (
        "drop trigger never_changes on events;
         create trigger never_changes
           before update of position or delete or truncate on events
           for each statement execute function refuse_change();
         alter table events enable always trigger never_changes",
        "daftar.events never_changes",
        "drop trigger never_changes on events;
         create trigger never_changes
           before update or delete or truncate on events
           for each statement execute function refuse_change();
         alter table events enable always trigger never_changes",
    ),
    (
        "select pg_temp.swap('refuse_direct_write', 'raise exception', 'raise notice')",
        "daftar.refuse_direct_write",
        "select pg_temp.swap('refuse_direct_write', 'raise notice', 'raise exception')",
    ),
    (
        "select pg_temp.swap('refuse_change', 'raise exception', 'raise notice')",
        "daftar.refuse_change",
        "select pg_temp.swap('refuse_change', 'raise notice', 'raise exception')",
    ),
    (
        "alter function lock_head_1(int) set search_path = public, daftar",
        "daftar.lock_head_1",
        "alter function lock_head_1(int) set search_path = daftar, pg_temp",
    ),
    (
        "create function daftar.mine() returns void language sql security definer
           set search_path = daftar, pg_temp as 'delete from wallet_balances';
         alter function daftar.mine() owner to daftar_writer",
        "daftar.mine",
        "drop function daftar.mine()",
    ),
    (
        "grant update (balance) on wallet_balances to daftar_app",
        "daftar.wallet_balances grants",
        "revoke update (balance) on wallet_balances from daftar_app",
    ),
    (
        "create rule lost as on insert to journal_lines do instead nothing",
        "daftar.journal_lines lost",
        "drop rule lost on journal_lines",
    ),
];

#[tokio::test]
async fn a_guard_that_only_looks_whole_is_seen_through() {
    let (installation, _service) = book("guardsham").await;
    let mut conn = installation.postgres().connect("daftar").await;
    forced(
        &mut conn,
        &["create function pg_temp.swap(name text, this text, that text) returns void
           language plpgsql as $$
           begin
             execute replace(pg_get_functiondef(('daftar.' || name)::regproc), this, that);
           end $$"],
    )
    .await;
    for (sabotage, name, repair) in SABOTAGE {
        forced(&mut conn, &[sabotage]).await;
        let found = findings(&installation);
        let is_named = found.iter().any(|one| one["check"] == "guard" && one["key"] == name);
        assert!(is_named, "{name} is not named: {found:#?}");
        forced(&mut conn, &[repair]).await;
        installation.assert_verified();
    }
}
