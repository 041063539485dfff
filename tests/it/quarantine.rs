//! An event that cannot be read, from outside: shown, and led on from once it can be.

use std::time::Duration;

use eventstore::Position;
use sqlx::{Connection as _, PgConnection};
use testkit::Database;

use crate::daftar::{Api, Installation, Service, Ticket, migrated};

/// How often it is looked whether what takes a second has happened.
const ATTEMPTS: u32 = 200;

/// The last event of the one wallet: where it stands, and what it is.
async fn last_of_wallet(database: &Database) -> (Position, String) {
    let mut conn = PgConnection::connect_with(&database.connect_options()).await.expect("it runs");
    sqlx::query_as(
        "select position, payload::text from daftar.events where aggregate_type = 'wallet'
          order by position desc limit 1",
    )
    .fetch_one(&mut conn)
    .await
    .expect("there is a wallet")
}

/// Changes an event past every guard, or puts it back.
async fn alter(database: &Database, position: Position, payload: &str) {
    let mut conn = PgConnection::connect_with(&database.connect_options()).await.expect("it runs");
    for guard in ["never_changes", "only_functions_write"] {
        let off = format!("alter table daftar.events disable trigger {guard}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(off)).execute(&mut conn).await.expect("it may");
    }
    sqlx::query("update daftar.events set payload = $2::json where position = $1")
        .bind(position)
        .bind(payload)
        .execute(&mut conn)
        .await
        .expect("it may");
    for guard in ["never_changes", "only_functions_write"] {
        let on = format!("alter table daftar.events enable always trigger {guard}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(on)).execute(&mut conn).await.expect("it may");
    }
}

/// Whoever goes round would find the chain broken, and stop the book.
fn serve(daftar: &Installation) -> Service {
    Service::start(daftar.daftar(&["serve", "--no-scrubber"]))
}

#[tokio::test]
async fn it_is_shown_as_it_is_stored_and_its_stream_is_led_on_once_it_can_be_read() {
    let database = migrated().await;
    let daftar = Installation::at("quarantine", database.url());
    let (finance, client) = (daftar.key("finance", "zahra"), daftar.key("client", "shop"));
    daftar.key("admin", "rana");
    let service = serve(&daftar);
    let api = Api::new(service.base());
    assert!(api.command(&Ticket::top_up(&finance, "94", 1_000)).await.is_accepted());
    service.kill();
    let nonsense = r#"{"nonsense":  1}"#;
    let (position, bytes) = last_of_wallet(&database).await;
    alter(&database, position, nonsense).await;
    let (service, at) = (serve(&daftar), position.to_string());
    let api = Api::new(service.base());

    let placed = Ticket::place(&client, "basket".to_owned(), "94", 250);
    let refused = api.command(&placed).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(refused.json()["code"], "stream-quarantined");
    assert_eq!(refused.json()["position"], position.get());
    assert!(api.command(&Ticket::top_up(&finance, "95", 1_000)).await.is_accepted());

    let written = || {
        let listed = daftar.json(&["event", "quarantined"]);
        listed["quarantined"].as_array().is_some_and(|list| !list.is_empty()).then_some(listed)
    };
    let listed = (0..ATTEMPTS).find_map(|_| written()).expect("it is written down");
    assert_eq!(listed["quarantined"][0]["position"], position.get(), "{listed}");
    let shown = daftar.json(&["event", "show", &at]);
    assert_eq!(shown["payload"], nonsense, "to the byte: {shown}");
    assert_eq!(shown["quarantined"]["found_by"], "service");
    assert_eq!(shown["unreadable"]["position"], position.get());
    let said = daftar.run(&["event", "show", &at]);
    let said = String::from_utf8(said.stdout).expect("text");
    for part in [nonsense, "person zahra", "cannot read it", "is quarantined since"] {
        assert!(said.contains(part), "{part} is missing in:\n{said}");
    }
    let resume = ["event", "resume", &at, "--as", "rana", "--reason", "it was put back"];
    let refused = daftar.try_run(&resume);
    assert_eq!(refused.status.code(), Some(1));
    let why = String::from_utf8(refused.stderr).expect("text");
    assert!(why.contains("not what was chained"), "{why}");

    alter(&database, position, &bytes).await;
    let nobody = daftar.try_run(&["event", "resume", &at, "--as", "omar", "--reason", "mine"]);
    assert!(String::from_utf8(nobody.stderr).expect("text").contains("nobody is known"));
    let resumed = daftar.json(&resume);

    assert_eq!(resumed["resumed"]["position"], position.get(), "{resumed}");
    assert_eq!(daftar.json(&["event", "quarantined"])["quarantined"], serde_json::json!([]));
    // Under the same key, on a service that knows of it within a second.
    let mut reply = api.command(&placed).await;
    for _ in 0..ATTEMPTS {
        if reply.status != 409 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        reply = api.command(&placed).await;
    }
    let placed = reply;
    assert_eq!((placed.status, placed.is_replayed), (201, false), "{}", placed.body);
    assert_eq!(api.balance(&finance, "94").await, "750");
    daftar.assert_verified();
    let gone = daftar.try_run(&["event", "show", "99999"]);
    assert_eq!(gone.status.code(), Some(1));
}
