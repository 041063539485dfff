//! The scrubber over HTTP: how far it is, what it found, and the rows that it wrote anew.

use ledger::scrubber::{Options, lap_once};
use serde_json::{Value, json};

use crate::service::Service;

const SCRUBBER: &str = "/api/admin/scrubber";
const REPAIRS: &str = "/api/admin/repairs";

async fn read(service: &Service, path: &str) -> Value {
    service.get(path).by("auditor").send().await.expect(200)
}

async fn lap(service: &Service) {
    let options = Options { node: "shop-1/7".to_owned(), ..Options::default() };
    lap_once(&service.ledger, Some(&service.vault), &options).await.unwrap().unwrap();
}

#[tokio::test]
async fn before_any_node_began_there_is_no_scrubber() {
    let service = Service::start().await;
    let none = json!({ "scrubber": null, "findings": [], "found": 0 });
    let read = read(&service, SCRUBBER).await;
    for (member, value) in none.as_object().unwrap() {
        assert_eq!(read[member], *value, "{member}");
    }
}

#[tokio::test]
async fn what_is_repaired_is_among_the_repairs_and_what_is_not_among_the_findings() {
    let service = Service::start().await;
    service.top_up("c1", "1000").await;
    service.top_up("c2", "500").await;
    service
        .run(
            "do $$ begin
               set local role daftar_writer;
               update daftar.wallet_balances set balance = 7 where customer_id = 'c1';
               delete from daftar.wallet_balances where customer_id = 'c2';
               update daftar.journal_lines set item = 'elsewhere'
                where position = (select min(position) from daftar.journal_lines);
             end $$",
        )
        .await;

    lap(&service).await;

    let listed = read(&service, REPAIRS).await;
    let repairs = listed["repairs"].as_array().unwrap();
    assert_eq!((repairs.len(), &listed["next"]), (2, &Value::Null), "{listed}");
    let changed = repairs.iter().find(|repair| !repair["before"].is_null()).unwrap();
    assert_eq!((&changed["view"], &changed["by"]), (&json!("wallet_balances"), &json!("scrubber")));
    assert_eq!(changed["key"].as_object().unwrap().keys().collect::<Vec<_>>(), ["wallet_id"]);
    assert_eq!(changed["before"]["customer_id"], changed["after"]["customer_id"]);
    assert_eq!(
        (&changed["before"]["balance"], &changed["after"]["balance"]),
        (&json!("7"), &json!("1000"))
    );
    assert_eq!(changed["position"], service.recorded().await.1);
    let missing = repairs.iter().find(|repair| repair["before"].is_null()).unwrap();
    assert_eq!(missing["after"]["customer_id"], "c2");

    let state = read(&service, SCRUBBER).await;
    let (scrubber, findings) = (&state["scrubber"], state["findings"].as_array().unwrap());
    assert_eq!((&scrubber["node"], &scrubber["lap"]), (&json!("shop-1/7"), &json!(2)));
    assert_eq!((&scrubber["running"], &scrubber["lap_began"]), (&json!(false), &Value::Null));
    assert!(scrubber["last_lap_ended"].is_string(), "{scrubber}");
    assert!(scrubber["last_lap_findings"].as_i64().unwrap() > state["found"].as_i64().unwrap());
    assert_eq!(state["found"], findings.len());
    let line = findings.iter().find(|one| one["view"] == "journal_lines").unwrap();
    assert_eq!((&line["check"], &line["finding"]["column"]), (&json!("column"), &json!("item")));
    assert!(findings.iter().all(|one| one["view"] != "wallet_balances"), "{findings:?}");
}

#[tokio::test]
async fn repairs_come_page_by_page_the_latest_first() {
    let service = Service::start().await;
    for customer in ["c1", "c2", "c3"] {
        service.top_up(customer, "10").await;
    }
    service
        .run(
            "do $$ begin
               set local role daftar_writer;
               update daftar.wallet_balances set balance = 7;
             end $$",
        )
        .await;
    lap(&service).await;
    let all = read(&service, REPAIRS).await;
    let all = all["repairs"].as_array().unwrap();
    assert_eq!(all.len(), 3);

    let first = read(&service, &format!("{REPAIRS}?limit=2")).await;
    assert_eq!(first["repairs"].as_array().unwrap()[..], all[..2]);
    let cursor = first["next"].as_str().unwrap();
    let second = read(&service, &format!("{REPAIRS}?limit=2&cursor={cursor}")).await;
    assert_eq!(second["repairs"].as_array().unwrap()[..], all[2..]);
    assert_eq!(second["next"], Value::Null);
}
