//! Lists: pages that neither lose nor repeat a row, and cursors that belong to their list.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::service::{Answer, Service, iqd, transfer_order, wallet_order};

/// The address in the `Link` of a page.
fn following(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let (address, rel) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
    assert_eq!(rel, "; rel=\"next\"");
    Some(address.to_owned())
}

/// Follows a list from page to page, and does something between them.
async fn walk(
    service: &Service,
    who: &str,
    path: &str,
    list: &str,
    between: impl AsyncFn(usize),
) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut path = path.to_owned();
    loop {
        let answer = service.get(&path).by(who).send().await;
        let link = following(&answer);
        let page = answer.expect(200);
        assert_eq!(link.is_some(), page["next"].is_string(), "{path}: {page}");
        pages.push(page[list].as_array().unwrap().clone());
        let Some(link) = link else { return pages };
        let cursor = format!("cursor={}", page["next"].as_str().unwrap());
        assert!(link.contains(&cursor), "{link}");
        between(pages.len()).await;
        path = link;
    }
}

fn ids(pages: &[Vec<Value>], name: &str) -> Vec<Value> {
    pages.iter().flatten().map(|row| row[name].clone()).collect()
}

#[tokio::test]
async fn the_last_full_page_says_that_it_is_the_last() {
    let service = Service::start().await;
    for sum in 1..=4 {
        let order = transfer_order("c1", &sum.to_string());
        service.must("client", "/api/orders", &order).await;
    }
    for (who, path, list) in [
        ("client", "/api/customers/c1/orders?limit=2", "orders"),
        ("finance", "/api/management/orders?limit=2", "orders"),
        ("finance", "/api/management/deadlines?limit=2", "deadlines"),
    ] {
        let pages = walk(&service, who, path, list, async |_| {}).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2], "{path}");
    }
}

#[tokio::test]
async fn rows_that_are_added_between_pages_shift_nothing() {
    let service = Service::start().await;
    let customer = "c 1/é";
    let place = async |sum: &str| {
        service.must("client", "/api/orders", &transfer_order(customer, sum)).await;
    };
    for sum in 1..=6 {
        place(&sum.to_string()).await;
    }
    let orders = "/api/customers/c%201%2F%C3%A9/orders?limit=2";
    let all = service.get("/api/customers/c%201%2F%C3%A9/orders").by("client").send().await;
    let all = ids(&[all.expect(200)["orders"].as_array().unwrap().clone()], "id");
    let newest_first =
        walk(&service, "client", orders, "orders", async |page| place(&format!("1{page}")).await);
    assert_eq!(ids(&newest_first.await, "id"), all, "what came later stands on no later page");

    let work = "/api/management/orders?limit=3&department=customer";
    let oldest_first = walk(&service, "finance", work, "orders", async |page| {
        if page < 3 {
            place(&format!("2{page}")).await;
        }
    });
    let found = ids(&oldest_first.await, "id");
    let different: BTreeSet<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!((found.len(), different.len()), (10, 10), "each once, the later ones at the end");
}

#[tokio::test]
async fn a_statement_adds_up_page_by_page_while_money_moves() {
    let service = Service::start().await;
    for sum in ["100", "20", "3", "4"] {
        service.top_up("c1", sum).await;
    }
    service.must("client", "/api/orders", &wallet_order("c1", "50")).await;
    for basis in ["recorded", "effective"] {
        let mut path = format!("/api/customers/c1/wallet/statement?limit=2&basis={basis}&after=");
        let after = if basis == "recorded" { "2" } else { "2020-01-01" };
        path.push_str(after);
        let first = service.get(&path).by("client").send().await.expect(200);
        let mut seen = Vec::new();
        loop {
            let answer = service.get(&path).by("client").send().await;
            let link = following(&answer);
            let page = answer.expect(200);
            for same in ["opening", "closing", "position"] {
                assert_eq!(page[same], first[same], "{basis}: the pages show one book");
            }
            let lines = page["lines"].as_array().unwrap();
            assert!(!lines.is_empty());
            if let Some((opening, _)) = seen.last() {
                assert_eq!(&page["page_closing"], opening, "{basis}: pages join");
            } else {
                assert_eq!(page["page_closing"], first["closing"]);
            }
            assert_eq!(lines[0]["balance"], page["page_closing"]);
            seen.push((page["page_opening"].clone(), lines.len()));
            service.top_up("c1", "1000").await;
            let Some(link) = link else { break };
            path = link;
        }
        assert_eq!(seen.last().unwrap().0, first["opening"], "{basis}");
        assert!(seen.len() > 1, "{seen:?}");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_and_its_filters() {
    let service = Service::start().await;
    for sum in 1..=3 {
        for customer in ["c1", "c2"] {
            let order = transfer_order(customer, &sum.to_string());
            service.must("client", "/api/orders", &order).await;
            service.top_up(customer, &sum.to_string()).await;
        }
    }
    for (who, path, others) in [
        (
            "finance",
            "/api/management/orders?department=customer",
            vec![
                "/api/management/orders?",
                "/api/management/orders?department=finance",
                "/api/management/orders?department=customer&status=pending",
                "/api/management/deadlines?",
            ],
        ),
        ("client", "/api/customers/c1/orders?", vec!["/api/customers/c2/orders?"]),
        (
            "finance",
            "/api/customers/c1/wallet/statement?",
            vec![
                "/api/customers/c2/wallet/statement?",
                "/api/customers/c1/wallet/statement?currency=USD",
                "/api/customers/c1/wallet/statement?basis=effective",
                "/api/customers/c1/wallet/statement?as_of=3",
            ],
        ),
        (
            "auditor",
            "/api/audit/accounts/2100/lines?",
            vec!["/api/audit/accounts/1040/lines?", "/api/audit/accounts/2100/lines?item=x"],
        ),
        ("finance", "/api/management/payments?", vec!["/api/management/payments?unallocated=true"]),
    ] {
        let answer = service.get(&format!("{path}&limit=1")).by(who).send().await;
        let next =
            answer.expect(200)["next"].as_str().unwrap_or_else(|| panic!("{path}")).to_owned();
        let right = service.get(&format!("{path}&limit=2&cursor={next}")).by(who).send().await;
        right.expect(200);
        for other in others {
            let wrong = service.get(&format!("{other}&cursor={next}")).by(who).send().await;
            let problem = wrong.expect_problem(400, "invalid-query");
            let errors = json!([{ "pointer": "cursor", "code": "other-list" }]);
            assert_eq!(problem["errors"], errors, "{other}");
        }
        let nonsense = format!("{path}&cursor={}", &next[1..]);
        let nonsense = service.get(&nonsense).by(who).send().await;
        nonsense.expect_problem(400, "invalid-query");
        let unknown = service.get(&format!("{path}&colour=red")).by(who).send().await;
        unknown.expect_problem(400, "invalid-query");
    }
}

#[tokio::test]
async fn from_a_balance_to_its_lines_to_their_events() {
    let service = Service::start().await;
    service.top_up("c1", "500").await;
    service.top_up("c2", "30").await;
    let placed = service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    let order = placed["order"]["id"].clone();
    let number = placed["order"]["number"].as_str().unwrap();
    for (who, step) in [
        ("finance", "release"),
        ("warehouse", "start-processing"),
        ("warehouse", "pack"),
        ("logistics", "dispatch"),
        ("logistics", "deliver"),
    ] {
        let body = if step == "dispatch" {
            json!({ "carrier": "own van", "with_code": false })
        } else {
            json!({})
        };
        service.must(who, &format!("/api/orders/{number}/{step}"), &body).await;
    }
    for query in ["", "?basis=effective", "?as_of=5", "?basis=effective&as_of=2100-01-01"] {
        let path = format!("/api/audit/trial-balance{query}");
        let shown = service.get(&path).by("auditor").send().await.expect(200);
        for account in shown["accounts"].as_array().unwrap() {
            let lines = account["lines"].as_str().unwrap();
            let lines = format!("{lines}&limit=2");
            let pages = walk(&service, "auditor", &lines, "lines", async |_| {
                service.top_up("c3", "1").await;
            });
            let lines: Vec<Value> = pages.await.into_iter().flatten().collect();
            assert_eq!(lines.last().unwrap()["balance"], account["balance"], "{query} {account}");
            for line in &lines {
                let path = format!("/api/events/{}", line["position"]);
                let shown = service.get(&path).by("auditor").send().await.expect(200);
                let entry = shown["journal"].as_array().unwrap();
                let posted = entry.iter().find(|one| one["line"] == line["line"]).unwrap();
                assert_eq!(posted["amount"], line["amount"]);
                assert_eq!(posted["account"], account["number"]);
                assert_eq!(shown["event"]["command_id"], line["command_id"]);
                assert_eq!(shown["event"]["id"], line["id"]);
                assert!(entry.len() >= 2, "{shown}");
            }
        }
    }
    let lines = service.get("/api/audit/accounts/2200/lines").by("auditor").send().await;
    for line in lines.expect(200)["lines"].as_array().unwrap() {
        assert_eq!((&line["order"], &line["customer"]), (&order, &json!("c1")), "{line}");
    }
    let lines = service.get("/api/audit/accounts/2100/lines").by("auditor").send().await;
    let lines = lines.expect(200);
    let wallet = lines["lines"][0]["item"].as_str().unwrap();
    let path = format!("/api/audit/accounts/2100/lines?item={wallet}");
    let one = service.get(&path).by("auditor").send().await.expect(200);
    assert_eq!(one["lines"].as_array().unwrap().last().unwrap()["balance"], iqd("-440"));
    let unknown = service.get("/api/audit/accounts/7777/lines").by("auditor").send().await;
    unknown.expect_problem(404, "not-found");
    let (_, end) = service.recorded().await;
    for nowhere in ["0".to_owned(), (end + 1).to_string(), "x".to_owned()] {
        let path = format!("/api/events/{nowhere}");
        service.get(&path).by("auditor").send().await.expect_problem(404, "not-found");
    }
    let diverged = service.get("/api/events/1.00000000").by("auditor").send().await;
    diverged.expect_problem(409, "cursor-diverged");
}

#[tokio::test]
async fn a_client_reads_what_was_done_and_not_by_whom_of_the_staff() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let placed = service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    let order = placed["order"]["id"].as_str().unwrap();
    service.must("finance", &format!("/api/orders/{order}/release"), &json!({})).await;
    let path = format!("/api/orders/{order}/timeline");
    let to_client = service.get(&path).by("client").send().await.expect(200);
    let to_finance = service.get(&path).by("finance").send().await.expect(200);
    let actors = |shown: &Value| -> Vec<(Value, Value)> {
        let steps = shown["steps"].as_array().unwrap().iter();
        steps.map(|step| (step["role"].clone(), step["actor"].clone())).collect()
    };
    let staff = actors(&to_finance);
    assert!(staff.contains(&(json!("finance"), json!("finance"))), "{staff:?}");
    for ((role, seen), (_, actor)) in actors(&to_client).into_iter().zip(staff) {
        assert_eq!(seen, if role == "client" { actor } else { Value::Null });
    }
    let events = service.get(&format!("/api/orders/{order}/events")).by("client").send().await;
    events.expect_problem(403, "forbidden");
}
