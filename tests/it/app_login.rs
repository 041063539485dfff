//! The service under a login of its own: it does its work, and can do nothing else.

use std::process::Command;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::Database;

use crate::daftar::{Api, Installation, Service, Ticket};

const CUSTOMER: &str = "customer-1";
const OWNER: &str = "postgres://daftar@";

async fn execute(conn: &mut PgConnection, statement: &str) -> Result<(), String> {
    let outcome = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(conn).await;
    outcome.map(|_| ()).map_err(|error| error.to_string())
}

async fn forced(conn: &mut PgConnection, statement: &str) {
    if let Err(error) = execute(conn, statement).await {
        panic!("{statement}: {error}");
    }
}

/// What `doctor` says of privileges, and whether it finds all well.
fn privileges(mut doctor: Command) -> (bool, String, String) {
    let output = doctor.output().expect("the binary runs");
    let said: Value = serde_json::from_slice(&output.stdout).expect("stdout is one JSON object");
    let checks = said["checks"].as_array().expect("checks are a list");
    let check = checks.iter().find(|check| check["name"] == "privileges");
    let check = check.unwrap_or_else(|| panic!("privileges are not looked at: {said:#}"));
    let text = |name: &str| check[name].as_str().expect("it is a text").to_owned();
    (output.status.success(), text("state"), text("says"))
}

#[tokio::test]
async fn the_service_works_as_a_login_that_is_nothing_else() {
    let database = Database::empty().await;
    let installation = Installation::at("applogin", database.url());
    installation.run(&["migrate"]);
    let mut owner = PgConnection::connect_with(&database.connect_options())
        .await
        .expect("the server takes connections");
    forced(&mut owner, "alter role daftar_app login password 'of the test'").await;
    forced(&mut owner, "create schema other; create table other.secrets (secret text)").await;
    assert!(database.url().starts_with(OWNER), "{}", database.url());
    let url_of = |login: &str| database.url().replacen(OWNER, &format!("postgres://{login}@"), 1);
    let as_login = |login: &str, arguments: &[&str]| {
        let mut command = installation.daftar(arguments);
        command.env("DAFTAR_APP_URL", url_of(login));
        command
    };

    let (client, finance) =
        (installation.key("client", "storefront"), installation.key("finance", "zahra"));
    let service = Service::start(as_login("daftar_app", &["serve"]));
    let api = Api::new(service.base());
    for ticket in [
        Ticket::top_up(&finance, CUSTOMER, 900),
        Ticket::place(&client, "order".to_owned(), CUSTOMER, 250),
    ] {
        let reply = api.command(&ticket).await;
        assert!(reply.is_accepted(), "{}", reply.body);
    }
    assert_eq!(api.balance(&client, CUSTOMER).await, "650");
    let logged_in: Vec<String> = sqlx::query_scalar(
        "select distinct usename::text from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()
            and backend_type = 'client backend'",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the server can be asked");
    assert_eq!(logged_in, ["daftar_app"], "who serves");

    let options = app_options(&database);
    let mut app = PgConnection::connect_with(&options).await.expect("it may log in");
    for statement in [
        "set role daftar_owner",
        "set role daftar_writer",
        "set role daftar",
        "set session authorization daftar",
        "update daftar.wallet_balances set balance = balance + 1",
        "insert into daftar.wallet_balances select * from daftar.wallet_balances",
        "delete from daftar.journal_lines",
        "delete from daftar.events",
        "delete from daftar.fix_plans",
        "delete from daftar.fix_approvals",
        "delete from daftar.principals",
        "update daftar.principals set role = 'admin'",
        "update daftar.secret_checks set created_at = now()",
        "alter table daftar.events disable trigger all",
        "create table daftar.mine (id int)",
        "select * from other.secrets",
        "select rolpassword from pg_authid",
    ] {
        let outcome = execute(&mut app, statement).await;
        let refused = outcome.err().unwrap_or_else(|| panic!("{statement} was let through"));
        assert!(
            ["permission denied", "must be owner", "is written by its functions only"]
                .iter()
                .any(|reason| refused.contains(reason)),
            "{statement}: {refused}"
        );
    }

    let (healthy, state, says) = privileges(as_login("daftar_app", &["doctor", "--json"]));
    assert!(healthy && state == "good", "{state}: {says}");
    let (healthy, state, says) = privileges(as_login("daftar", &["doctor", "--json"]));
    assert!(!healthy && state == "bad" && says.contains("superuser"), "{state}: {says}");

    // Reads everything, although the role that it works in does not.
    let nosy = format!("daftar_nosy_{}", std::process::id());
    forced(&mut owner, &format!("create role {nosy} login in role daftar_app, pg_read_all_data"))
        .await;
    let (healthy, state, says) = privileges(as_login(&nosy, &["doctor", "--json"]));
    forced(&mut owner, &format!("drop role {nosy}")).await;
    assert!(!healthy && state == "bad" && says.contains("pg_read_all_data"), "{state}: {says}");
    installation.assert_verified();
}

fn app_options(database: &Database) -> sqlx::postgres::PgConnectOptions {
    database.connect_options().username("daftar_app")
}
