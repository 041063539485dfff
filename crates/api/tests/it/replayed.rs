//! States as they were, folded from the events: the same over HTTP, by page, by moment and by key.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::service::{Answer, Service, iqd, transfer_order, wallet_order};

const BOOK: &str = "/api/audit/replay";

async fn ask(service: &Service, who: &str, path: &str) -> Answer {
    service.get(path).by(who).send().await
}

async fn read(service: &Service, path: &str) -> Value {
    ask(service, "auditor", path).await.expect(200)
}

/// All pages of a list, one after the other, and how many there were.
async fn pages(service: &Service, path: &str, list: &str) -> (Vec<Value>, Vec<Value>) {
    pages_on(service, path, list, None).await
}

async fn pages_on(
    service: &Service,
    path: &str,
    list: &str,
    mut next: Option<String>,
) -> (Vec<Value>, Vec<Value>) {
    let (mut all, mut pages) = (Vec::new(), Vec::new());
    loop {
        let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
        let page = read(service, &format!("{path}{cursor}")).await;
        all.extend(page[list].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(str::to_owned);
        pages.push(page);
        if next.is_none() {
            return (all, pages);
        }
    }
}

/// A book with an order that is paid from a wallet and another that waits; where each step ended.
async fn told(service: &Service) -> (String, Vec<i64>) {
    let mut ends = vec![0];
    let mut end = async |service: &Service| {
        let head = service.ledger.head().await.unwrap();
        ends.push(head.position.get());
    };
    service.top_up("c1", "1000").await;
    end(service).await;
    let placed = service.must("client", "/api/orders", &wallet_order("c1", "250.5")).await;
    let order = placed["order"]["id"].as_str().unwrap().to_owned();
    end(service).await;
    service.must("client", "/api/orders", &transfer_order("c2", "90")).await;
    end(service).await;
    service.must("finance", &format!("/api/orders/{order}/release"), &json!({})).await;
    end(service).await;
    service.top_up("c1", "20").await;
    end(service).await;
    (order, ends)
}

fn rows_of<'a>(body: &'a Value, view: &str) -> Vec<&'a Value> {
    let rows = body["rows"].as_array().unwrap().iter();
    rows.filter(|row| row["view"] == view).map(|row| &row["row"]).collect()
}

#[tokio::test]
async fn a_book_is_summed_up_as_it_was_and_proved_by_its_chain() {
    let service = Service::start().await;
    let (_, ends) = told(&service).await;
    let trial = "/api/audit/trial-balance?as_of=";
    for end in &ends {
        let answer = ask(&service, "auditor", &format!("{BOOK}?as_of={end}")).await;
        let cursor = answer.header("daftar-position").unwrap().to_owned();
        let sums = answer.expect(200);
        assert_eq!(sums["position"], json!(end));
        assert_eq!(sums["events"], json!(end));
        assert_eq!(sums["at"]["cursor"], json!(cursor));
        let hash = sums["at"]["hash"].as_str().unwrap();
        assert_eq!(hash.len(), 64);
        assert!(cursor.ends_with(&format!(".{}", &hash[..8])), "{cursor} of {hash}");
        assert_eq!(sums["quarantined"], json!([]));
        // The view says the same of the accounts, as long as nobody has touched it.
        let balance = read(&service, &format!("{trial}{end}")).await;
        let accounts = |body: &Value| -> Vec<Value> {
            let accounts = body["accounts"].as_array().unwrap().iter();
            accounts.map(|one| json!([one["number"], one["debits"], one["balance"]])).collect()
        };
        assert_eq!(accounts(&sums), accounts(&balance), "at {end}");
        assert_eq!(sums["differences"], balance["differences"]);
    }
    let now = read(&service, BOOK).await;
    assert_eq!(now["position"], json!(ends.last()));
    let wallets =
        now["views"].as_array().unwrap().iter().find(|one| one["name"] == "wallet_balances");
    let sum = json!([
        { "column": "balance", "sum": iqd("769.5") }, { "column": "debt", "sum": iqd("0") },
    ]);
    assert_eq!(wallets.unwrap()["rows"], json!(1));
    assert_eq!(wallets.unwrap()["money"], sum);
    assert_eq!(read(&service, &format!("{BOOK}?as_of=2999-01-01")).await, now);
}

#[tokio::test]
async fn an_order_and_a_wallet_are_what_they_were() {
    let service = Service::start().await;
    let (order, ends) = told(&service).await;
    let path = format!("{BOOK}/orders/{order}");
    ask(&service, "finance", &format!("{path}?as_of={}", ends[1]))
        .await
        .expect_problem(404, "order-not-found");
    let placed = read(&service, &format!("{path}?as_of={}", ends[2])).await;
    let released = read(&service, &path).await;
    assert_eq!(placed["order"], json!(order));
    let of_customer = |body: &Value| rows_of(body, "customer_orders")[0].clone();
    assert_eq!(of_customer(&placed)["paid"], json!("250.5"));
    assert_ne!(of_customer(&placed)["version"], of_customer(&released)["version"]);
    assert_eq!(of_customer(&placed)["order_id"], json!(order));
    // The very order that the view has, by its number as well.
    let shown = read(&service, &format!("/api/orders/{order}")).await;
    assert_eq!(of_customer(&released)["number"], shown["order"]["number"]);
    let number = shown["order"]["number"].as_str().unwrap();
    assert_eq!(read(&service, &format!("{BOOK}/orders/{number}")).await, released);
    let steps = read(&service, &format!("/api/orders/{order}/timeline")).await;
    let steps: Vec<_> =
        steps["steps"].as_array().unwrap().iter().map(|one| &one["position"]).collect();
    let timeline = rows_of(&released, "timeline");
    assert_eq!(timeline.iter().map(|row| &row["position"]).collect::<Vec<_>>(), steps);
    assert!(timeline.iter().any(|row| row["stream_type"] == "wallet"), "it was paid from there");

    let wallet = format!("{BOOK}/wallets/c1");
    let (lines, all) = pages(&service, &format!("{wallet}?limit=1"), "rows").await;
    assert_eq!(all.len(), lines.len());
    assert!(all.iter().all(|page| page["balance"]["balance"] == "769.5"), "{all:?}");
    assert!(lines.len() >= 3 && lines.iter().all(|line| line["view"] == "wallet_lines"));
    let before = read(&service, &format!("{wallet}?as_of={}", ends[1])).await;
    assert_eq!(before["balance"]["balance"], "1000");
    let id = before["wallet"].as_str().unwrap();
    assert_eq!(read(&service, &format!("{BOOK}/wallets/{id}?as_of={}", ends[1])).await, before);
    assert_eq!(read(&service, &format!("{wallet}:IQD?as_of={}", ends[1])).await, before);
    ask(&service, "finance", &format!("{wallet}:USD")).await.expect_problem(404, "not-found");
    ask(&service, "finance", &format!("{wallet}?as_of=0")).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn pages_show_one_book_whatever_is_written_meanwhile() {
    let service = Service::start().await;
    let (_, ends) = told(&service).await;
    for view in ["customer_orders", "journal_lines", "timeline", "wallet_lines"] {
        let path = format!("{BOOK}/views/{view}");
        let (whole, _) = pages(&service, &format!("{path}?limit=200"), "rows").await;
        assert!(whole.len() > 1, "{view}");
        let first = read(&service, &format!("{path}?limit=1")).await;
        service.top_up("c1", "1").await;
        let mut rows = first["rows"].as_array().unwrap().clone();
        let next = first["next"].as_str().map(str::to_owned);
        let (rest, pages) = pages_on(&service, &format!("{path}?limit=1"), "rows", next).await;
        rows.extend(rest);
        assert!(pages.iter().all(|page| page["at"] == first["at"]), "{view}");
        assert_eq!(rows, whole, "{view}");
    }
    let path = format!("{BOOK}/diff?from={}&to={}", ends[1], ends[4]);
    let whole = read(&service, &format!("{path}&limit=200")).await;
    assert_eq!(whole["next"], Value::Null);
    let (changes, all) = pages(&service, &format!("{path}&limit=2"), "changes").await;
    assert!(all.len() > 3);
    assert_eq!(json!(changes), whole["changes"]);
}

#[tokio::test]
async fn what_changed_is_told_in_rows_and_in_money() {
    let service = Service::start().await;
    let (order, ends) = told(&service).await;
    let path = format!("{BOOK}/diff?from={}&to={}&limit=200", ends[1], ends[2]);
    let answer = ask(&service, "finance", &path).await;
    assert!(answer.header("daftar-position").unwrap().starts_with(&format!("{}.", ends[2])));
    let diff = answer.expect(200);
    assert_eq!(diff["from"]["position"], json!(ends[1]));
    let find = |view: &str, kind: &str| {
        let changes = diff["changes"].as_array().unwrap().iter();
        let found = changes.filter(|one| one["view"] == view && one["change"] == kind);
        found.cloned().collect::<Vec<_>>()
    };
    let balance = find("wallet_balances", "changed");
    let column = |change: &Value, name: &str| {
        let mut columns = change["columns"].as_array().unwrap().iter();
        columns.find(|column| column["column"] == name).cloned()
    };
    let moved = json!({ "column": "balance", "before": "1000", "after": "749.5" });
    assert_eq!(column(&balance[0], "balance"), Some(moved));
    assert_eq!(column(&balance[0], "customer_id"), None, "it is as it was");
    let added = find("customer_orders", "added");
    assert_eq!(added[0]["key"], json!({ "order_id": order }));
    assert_eq!(column(&added[0], "paid"), Some(json!({ "column": "paid", "after": "250.5" })));
    let money = |view: &str, name: &str| {
        let mut all = diff["money"].as_array().unwrap().iter();
        all.find(|one| one["view"] == view && one["column"] == name).cloned()
    };
    assert_eq!(money("wallet_balances", "balance").unwrap()["change"], iqd("-250.5"));
    assert_eq!(money("wallet_balances", "debt"), None);
    let accounts: BTreeMap<String, Value> = diff["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["number"].as_str().unwrap().to_owned(), one["balance"].clone()))
        .collect();
    assert_eq!(accounts["2100"], iqd("250.5"));
    assert_eq!(accounts["2200"], iqd("-250.5"));

    let of_view = read(&service, &format!("{path}&view=wallet_balances")).await;
    assert_eq!(of_view["changes"], json!(balance));
    let none = read(&service, &format!("{BOOK}/diff?from={0}&to={0}", ends[2])).await;
    assert_eq!(none["changes"], json!([]));
    let all = read(&service, &format!("{BOOK}/diff?limit=200")).await;
    assert_eq!(all["from"]["position"], json!(0));
}

#[tokio::test]
async fn what_cannot_be_shown_says_why() {
    let service = Service::start().await;
    let (order, ends) = told(&service).await;
    let end = *ends.last().unwrap();
    for path in [
        BOOK.to_owned(),
        format!("{BOOK}/orders/{order}"),
        format!("{BOOK}/wallets/c1"),
        format!("{BOOK}/views/payments"),
    ] {
        let beyond = ask(&service, "auditor", &format!("{path}?as_of={}", end + 1)).await;
        assert!(beyond.header("retry-after").is_some());
        beyond.expect_problem(503, "position-not-reached");
        let other = ask(&service, "auditor", &format!("{path}?as_of={end}.00c0ffee")).await;
        other.expect_problem(409, "cursor-diverged");
        let wrong = ask(&service, "auditor", &format!("{path}?as_of=yesterday")).await;
        wrong.expect_problem(400, "invalid-query");
    }
    let diff = format!("{BOOK}/diff?");
    let backwards = format!("from={}&to={}", ends[3], ends[1]);
    for (query, field, code) in [
        (backwards.as_str(), "from", "out-of-range"),
        ("from=x", "from", "invalid-value"),
        ("view=orders", "view", "unknown-value"),
        ("limit=201", "limit", "out-of-range"),
        ("cursor=nonsense", "cursor", "invalid-value"),
    ] {
        let refused = ask(&service, "auditor", &format!("{diff}{query}")).await;
        let problem = refused.json();
        refused.expect_problem(400, "invalid-query");
        let fault = &problem["errors"][0];
        assert!(fault.to_string().contains(field) && fault["code"] == code, "{query}: {problem}");
    }
    let beyond = ask(&service, "auditor", &format!("{diff}to={}", end + 1)).await;
    let detail = beyond.json();
    beyond.expect_problem(503, "position-not-reached");
    assert!(detail["detail"].as_str().unwrap().ends_with(&format!("ends at {end}")));
    let unknown = ask(&service, "auditor", &format!("{BOOK}/views/orders")).await;
    let names = unknown.json()["views"].clone();
    unknown.expect_problem(404, "view-not-found");
    assert!(names.as_array().unwrap().contains(&"customer_orders".into()), "{names}");
    let dollars = ask(&service, "auditor", &format!("{BOOK}/wallets/c1:usd")).await;
    let detail = dollars.json()["detail"].to_string();
    dollars.expect_problem(404, "not-found");
    assert!(detail.contains("c1:USD was not there") && detail.contains("c1:IQD"), "{detail}");
    // A cursor of another list, and one that somebody wrote.
    let page = read(&service, &format!("{BOOK}/views/payments?limit=1")).await;
    let next = page["next"].as_str().unwrap();
    let other = format!("{BOOK}/views/timeline?cursor={next}");
    ask(&service, "auditor", &other).await.expect_problem(400, "invalid-query");
}

#[tokio::test]
async fn what_a_view_says_does_not_matter() {
    let service = Service::start().await;
    let (order, ends) = told(&service).await;
    let path = format!("{BOOK}/orders/{order}?as_of={}", ends[4]);
    let before = read(&service, &path).await;
    let wallet = read(&service, &format!("{BOOK}/wallets/c1")).await;
    let sums = read(&service, BOOK).await;
    service.run("alter table daftar.customer_orders disable trigger user").await;
    service.run("alter table daftar.wallet_balances disable trigger user").await;
    service.run("update daftar.customer_orders set paid = paid + 1, customer_id = 'c9'").await;
    service.run("delete from daftar.wallet_balances").await;
    assert_eq!(read(&service, &path).await, before);
    assert_eq!(read(&service, &format!("{BOOK}/wallets/c1")).await, wallet);
    assert_eq!(read(&service, BOOK).await, sums);
}

#[tokio::test]
async fn a_stream_that_cannot_be_followed_is_named_in_every_reply_that_needs_it() {
    let service = Service::start().await;
    let (order, _) = told(&service).await;
    let sums = read(&service, BOOK).await;
    service.run("alter table daftar.events disable trigger user").await;
    service
        .run(
            "update daftar.events set payload = '{}'
              where aggregate_type = 'wallet' and sequence = 3",
        )
        .await;
    let broken = read(&service, BOOK).await;
    let named = &broken["quarantined"][0];
    assert_eq!(named["stream"], "wallet");
    assert!(named["why"].as_str().unwrap().contains("could not be read"), "{named}");
    assert_eq!(broken["at"], sums["at"]);
    assert_ne!(broken["views"], sums["views"]);
    for path in [
        format!("{BOOK}/orders/{order}"),
        format!("{BOOK}/wallets/c1"),
        format!("{BOOK}/views/wallet_balances"),
        format!("{BOOK}/diff?limit=200"),
    ] {
        assert_eq!(&read(&service, &path).await["quarantined"][0], named, "{path}");
    }
    assert_eq!(read(&service, &format!("{BOOK}/wallets/c1")).await["balance"], Value::Null);
    let payments = read(&service, &format!("{BOOK}/views/payments")).await;
    assert_eq!(payments["quarantined"], json!([]));
}
