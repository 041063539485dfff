//! Bank statements over HTTP: each line once, whoever tells of it, and matched with payments.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::service::{Answer, Service, iqd};

const HEADER: &str = "account,line,date,amount,currency,reference\n";

async fn transfer(service: &Service, reference: &str, amount: &str) -> String {
    let kind = json!({ "account": "rafidain-1", "reference": reference, "date": "2025-11-20" });
    let body = json!({ "amount": iqd(amount), "kind": { "bank_transfer": kind } });
    let recorded = service.must("finance", "/api/payments", &body).await;
    recorded["payment"]["id"].as_str().unwrap().to_owned()
}

async fn upload(service: &Service, key: &str, rows: &str) -> Answer {
    let file = format!("{HEADER}{rows}");
    let ask = service.post("/api/bank-statements").by("finance").key(key);
    ask.file("text/csv; charset=utf-8", file.as_bytes()).send().await
}

fn outcomes(reply: &Value) -> Vec<(u64, &str)> {
    let lines = reply["lines"].as_array().unwrap().iter();
    lines.map(|line| (line["row"].as_u64().unwrap(), line["outcome"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_line_that_names_a_transfer_is_matched_and_a_statement_that_overlaps_repeats_nothing() {
    let service = Service::start().await;
    let paid = transfer(&service, "R-1", "100").await;
    transfer(&service, "R-2", "50").await;
    let first = "rafidain-1,L-1,2025-11-20,100,IQD,R-1\n\
                 rafidain-1,L-2,2025-11-20,49,IQD,R-2\n";
    let whole = format!("{first}rafidain-1,L-3,2025-11-21,7.5,IQD,\n");

    let told = upload(&service, "a", first).await.expect(200);

    assert_eq!(outcomes(&told), [(2, "matched"), (3, "recorded")]);
    assert_eq!(told["lines"][0]["payment"], json!(paid));
    let recorded = service.recorded().await;
    let again = upload(&service, "a", first).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), told);
    assert_eq!(service.recorded().await, recorded);
    upload(&service, "a", &whole).await.expect_problem(422, "idempotency-key-reused");
    assert_eq!(service.recorded().await, recorded);
    let more = upload(&service, "b", &whole).await.expect(200);
    assert_eq!(outcomes(&more), [(2, "known"), (3, "known"), (4, "recorded")]);
    assert_eq!((&more["known"], &more["recorded"]), (&json!(2), &json!(1)));
    assert_eq!(service.recorded().await.1, recorded.1 + 1, "one event more");
    let open = service.get("/api/statement-lines?matched=false&account=rafidain-1").by("auditor");
    let open = open.send().await.expect(200);
    let open: Vec<_> =
        open["statement_lines"].as_array().unwrap().iter().map(|line| &line["line"]).collect();
    assert_eq!(open, ["L-2", "L-3"]);
}

#[tokio::test]
async fn a_line_that_is_refused_holds_up_no_other() {
    let service = Service::start().await;
    upload(&service, "a", "rafidain-1,L-1,2025-11-20,100,IQD,\n").await.expect(200);
    let rows = "rafidain-1,L-1,2025-11-20,101,IQD,\n\
                rafidain-1,L-2,2025-11-20,-5,IQD,\n\
                rafidain-1,L-3,2025-11-20,3,IQD,\n";
    let told = upload(&service, "b", rows).await.expect(200);
    assert_eq!(outcomes(&told), [(2, "refused"), (3, "refused"), (4, "recorded")]);
    assert_eq!(told["lines"][0]["code"], "statement-line-differs");
    assert_eq!(told["lines"][1]["code"], "bad-amount");
    assert_eq!(told["refused"], 2);
}

#[tokio::test]
async fn a_file_that_cannot_be_understood_is_refused_whole_with_row_and_column() {
    let service = Service::start().await;
    let before = service.recorded().await;
    let rows = "rafidain-1,L-1,2025-11-20,100,IQD,R-1\n\
                rafidain-1,L-2,20.11.2025,1e3,IQD,\n\
                rafidain-1,L-3\n";
    let problem = upload(&service, "a", rows).await.expect_problem(400, "invalid-statement");
    assert_eq!(
        problem["errors"],
        json!([
            { "pointer": "/3/date", "code": "invalid-value" },
            { "pointer": "/3/amount", "code": "invalid-value" },
            { "pointer": "/4", "code": "wrong-columns" },
        ])
    );
    let ask = || service.post("/api/bank-statements").by("finance").key("k");
    let header = ask().file("text/csv", b"account,line\n").send().await;
    let header = header.expect_problem(400, "invalid-statement");
    assert_eq!(header["columns"][5], "reference");
    ask().file("application/pdf", HEADER.as_bytes()).send().await.expect_problem(415, "file-type");
    let large = vec![b'x'; 6 * 1024 * 1024];
    ask().file("text/csv", &large).send().await.expect_problem(413, "body-too-large");
    let keyless = service.post("/api/bank-statements").by("finance");
    let keyless = keyless.file("text/csv", HEADER.as_bytes()).send().await;
    keyless.expect_problem(400, "idempotency-key-missing");
    let dry = service.post("/api/bank-statements?dry_run=true").by("finance");
    let file = format!("{HEADER}rafidain-1,L-1,2025-11-20,100,IQD,R-1\n");
    let dry = dry.file("text/csv", file.as_bytes()).send().await.expect(200);
    assert_eq!((&dry["recorded"], &dry["dry_run"]), (&json!(1), &json!(true)));
    assert_eq!(service.recorded().await, before, "nothing was done");
}

#[tokio::test]
async fn a_line_is_several_payments_less_a_fee_that_is_spread_over_them() {
    let service = Service::start().await;
    let (one, two) =
        (transfer(&service, "R-1", "100").await, transfer(&service, "R-2", "50").await);
    let line = json!({
        "account": "rafidain-1", "line": "L-1", "date": "2025-11-21", "amount": iqd("148"),
    });
    let recorded = service.must("finance", "/api/statement-lines", &line).await;
    let line_id = recorded["statement_line"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/statement-lines/{line_id}/match");
    let ask =
        |key: &str, body: &Value| service.post(&path).by("finance").key(key).json(body).send();
    let unbalanced = ask("a", &json!({ "payments": [one, two] })).await;
    let unbalanced = unbalanced.expect_problem(422, "statement-line-unbalanced");
    assert_eq!((&unbalanced["payments"], &unbalanced["line"]), (&iqd("150"), &iqd("148")));
    let body = json!({ "payments": [one, two], "fee": iqd("2") });

    let matched = ask("b", &body).await.expect(200);

    assert_eq!(matched["statement_line"]["payments"], json!([one, two]));
    assert_eq!(matched["statement_line"]["fee"], iqd("2"));
    let rows = service.get("/api/management/payments").by("finance").send().await.expect(200);
    let mut fees: Vec<_> = rows["payments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["fee"]["amount"].as_str().unwrap().to_owned())
        .collect();
    fees.sort();
    assert_eq!(fees, ["0.667", "1.333"], "parts sum to the whole");
    assert_eq!(ask("c", &body).await.expect(200)["events"], json!([]));
    let other = json!({ "payments": [one], "fee": iqd("0") });
    ask("d", &other).await.expect_problem(409, "statement-line-matched");
    let shown = service.get(&format!("/api/statement-lines/{line_id}")).by("auditor").send().await;
    assert_eq!(shown.header("etag"), Some("\"v2\""));
    assert_eq!(shown.expect(200)["statement_line"]["fee"], iqd("2"));
}

#[tokio::test]
async fn a_line_entered_twice_is_one_line() {
    let service = Service::start().await;
    let line = json!({
        "account": "rafidain-1", "line": "L-1", "date": "2025-11-21", "amount": iqd("148"),
        "reference": "R-1",
    });
    let ask = |key: &str, line: &Value| {
        service.post("/api/statement-lines").by("finance").key(key).json(line).send()
    };
    let first = ask("a", &line).await;
    let place = first.header("location").unwrap().to_owned();
    first.expect(201);
    service.get(&place).by("finance").send().await.expect(200);
    let again = ask("b", &line).await.expect(200);
    assert_eq!(again["events"], json!([]));
    let mut other = line.clone();
    other["amount"] = iqd("149");
    ask("c", &other).await.expect_problem(409, "statement-line-differs");
    let ask = service.post("/api/statement-lines").by("auditor").key("d").json(&line);
    ask.send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn money_that_went_out_is_no_refusal_and_a_retry_beside_it_is_a_retry() {
    let service = Service::start().await;
    let mut rows = String::new();
    for line in 1..=300 {
        writeln!(rows, "rafidain-1,O-{line},2025-11-20,-5,IQD,").unwrap();
    }
    rows.push_str("rafidain-1,L-1,2025-11-20,3,IQD,\n");
    let told = upload(&service, "a", &rows).await.expect(200);
    assert_eq!((&told["refused"], &told["recorded"]), (&json!(300), &json!(1)));
    let again = upload(&service, "a", &rows).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), told);
}
