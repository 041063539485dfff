//! Receipts with their files: what is taken, kept once, given back to whom, and forgotten.

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::CustomerId;
use ledger::personal;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::service::{Answer, BOOK, PDF, Service, transfer_order};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0 a photograph of a slip";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR a screenshot";
const FILE_MAX: usize = 5 * 1024 * 1024;

async fn order_of(service: &Service, customer: &str) -> String {
    let placed = service.must("client", "/api/orders", &transfer_order(customer, "500")).await;
    placed["order"]["id"].as_str().unwrap().to_owned()
}

async fn upload(
    service: &Service,
    order: &str,
    key: &str,
    media_type: &str,
    file: &[u8],
) -> Answer {
    let path = format!("/api/orders/{order}/receipts?claimed=500&currency=IQD");
    service.post(&path).by("client").key(key).file(media_type, file).send().await
}

fn file_path(reply: &Value) -> String {
    let order = reply["order"]["id"].as_str().unwrap();
    let receipt = reply["order"]["receipts"][0]["id"].as_str().unwrap();
    format!("/api/orders/{order}/receipts/{receipt}/file")
}

/// How many files are kept.
async fn kept(service: &Service) -> i64 {
    let count = "select count(*) from daftar.personal_data where kind = 'receipt_file'";
    service.database.value(count).await
}

async fn sweep(service: &Service, later: TimeDelta) -> u64 {
    let pool = service.database.pool(1);
    let mut conn = pool.acquire().await.unwrap();
    let now: DateTime<Utc> = service.database.value("select now()").await;
    personal::sweep(&mut conn, BOOK, now + later).await.unwrap()
}

#[tokio::test]
async fn every_type_comes_back_as_it_was_under_a_name_that_tells_nothing() {
    let service = Service::start().await;
    let types =
        [("application/pdf", PDF, "pdf"), ("image/jpeg", JPEG, "jpg"), ("image/png", PNG, "png")];
    for (media_type, file, extension) in types {
        let order = order_of(&service, "c1").await;
        let reply = upload(&service, &order, extension, media_type, file).await.expect(200);
        assert_eq!(reply["order"]["phase"], "payment_review");

        let ask = service.get(&file_path(&reply)).by("finance");
        let (status, headers, bytes) = ask.send_for_bytes().await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(bytes, file);
        let name = format!("attachment; filename=\"receipt.{extension}\"");
        for (header, value) in [
            ("content-type", media_type),
            ("content-disposition", name.as_str()),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(headers[header], value);
        }
    }
    assert_eq!(kept(&service).await, 3);
}

#[tokio::test]
async fn the_event_names_the_file_its_hash_and_the_claim_and_holds_none_of_it() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    upload(&service, &order, "a", "IMAGE/PNG; charset=binary", PNG).await.expect(200);

    let events = service.get(&format!("/api/orders/{order}/events")).by("auditor").send().await;
    let events = events.expect(200);
    let uploaded = &events["events"][1]["payload"]["receipt_uploaded"];
    // By sha256sum.
    assert_eq!(
        uploaded["file"],
        "a01c565f9823ffb3699bed01ac51a6f6ded9d9adfaab2d0ae003a51faaa9bcf4"
    );
    assert_eq!(uploaded["claimed"], json!({ "amount": "500", "currency": "IQD" }));
    assert!(uploaded["stored"]["id"].is_string(), "{uploaded}");
    let ciphertext = "select ciphertext from daftar.personal_data where kind = 'receipt_file'";
    let content: Vec<u8> = service.database.value(ciphertext).await;
    let in_clear = content.windows(12).any(|window| window == b"a screenshot");
    assert!(!in_clear && content.len() > PNG.len(), "{content:?}");
}

#[tokio::test]
async fn what_is_no_such_file_is_refused_and_kept_nowhere() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    let before = service.recorded().await;
    let wrong = [
        ("image/png", JPEG),
        ("image/jpeg", PDF),
        ("application/pdf", PNG),
        ("application/pdf", b"<html>%PDF-".as_slice()),
        ("image/gif", b"GIF89a"),
        ("application/json", PDF),
        ("", PDF),
        ("image/png", &PNG[..7]),
    ];
    for (media_type, file) in wrong {
        let problem = upload(&service, &order, "k", media_type, file).await;
        let problem = problem.expect_problem(415, "file-type");
        assert_eq!(problem["allowed"], json!(["application/pdf", "image/jpeg", "image/png"]));
    }
    let empty = upload(&service, &order, "k", "image/png", b"").await;
    assert_eq!(empty.expect_problem(400, "invalid-body")["errors"][0]["code"], "empty");
    let mut large = PDF.to_vec();
    large.resize(FILE_MAX + 1, b' ');
    let refused = upload(&service, &order, "k", "application/pdf", &large).await;
    assert_eq!(refused.expect_problem(413, "body-too-large")["bytes_max"], FILE_MAX);
    assert_eq!(service.recorded().await, before);
    assert_eq!(kept(&service).await, 0);

    large.truncate(FILE_MAX);
    let reply = upload(&service, &order, "k", "application/pdf", &large).await.expect(200);
    let (_, _, bytes) = service.get(&file_path(&reply)).by("admin").send_for_bytes().await;
    assert!(bytes == large, "the largest file there may be comes back whole");
}

#[tokio::test]
async fn a_claim_is_a_decimal_with_its_currency_or_nothing() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    let before = service.recorded().await;
    let wrong = [
        ("claimed=5", "currency"),
        ("currency=IQD", "claimed"),
        ("claimed=1e3&currency=IQD", "claimed"),
        ("claimed=-5&currency=IQD", "claimed"),
        ("claimed=0&currency=IQD", "claimed"),
        ("claimed=1.00005&currency=IQD", "claimed"),
        ("claimed=5&currency=XXY", "claimed"),
        ("claimed=5&claimed=6&currency=IQD", "claimed"),
        ("claimed=5&currency=IQD&receipt=x", "receipt"),
    ];
    for (query, pointer) in wrong {
        let path = format!("/api/orders/{order}/receipts?{query}");
        let ask = service.post(&path).by("client").key("k").file("image/png", PNG);
        let problem = ask.send().await.expect_problem(400, "invalid-query");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}: {problem}");
    }
    assert_eq!(service.recorded().await, before);
    assert_eq!(kept(&service).await, 0);
    let path = format!("/api/orders/{order}/receipts");
    service.post(&path).by("client").key("k").file("image/png", PNG).send().await.expect(200);
}

#[tokio::test]
async fn a_retry_keeps_the_file_once_and_another_file_or_claim_is_another_request() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    let first = upload(&service, &order, "k", "image/png", PNG).await;
    let before = service.recorded().await;

    let again = upload(&service, &order, "k", "image/png", PNG).await;

    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text, again.text);
    let other = upload(&service, &order, "k", "image/jpeg", JPEG).await;
    other.expect_problem(422, "idempotency-key-reused");
    let path = format!("/api/orders/{order}/receipts?claimed=501&currency=IQD");
    let other = service.post(&path).by("client").key("k").file("image/png", PNG).send().await;
    other.expect_problem(422, "idempotency-key-reused");
    assert_eq!(service.recorded().await, before);
    assert_eq!(kept(&service).await, 1);
}

#[tokio::test]
async fn duplicates_at_once_keep_one_file_and_get_one_reply() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    let ask = || upload(&service, &order, "k", "image/png", PNG);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    for answer in [&b, &c, &d] {
        assert_eq!((answer.status, &answer.text), (StatusCode::OK, &a.text));
    }
    assert_eq!(kept(&service).await, 1);
}

#[tokio::test]
async fn a_dry_run_keeps_nothing() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    let before = service.recorded().await;
    let path = format!("/api/orders/{order}/receipts?dry_run=true&claimed=5&currency=IQD");
    let reply = service.post(&path).by("client").file("image/png", PNG).send().await.expect(200);
    assert_eq!(reply["events"][0]["type"], "receipt_uploaded");
    assert_eq!(service.recorded().await, before);
    assert_eq!(kept(&service).await, 0);
}

#[tokio::test]
async fn only_finance_auditors_admins_and_the_customers_own_key_read_a_file() {
    let service = Service::start().await;
    let order = order_of(&service, "c-limited").await;
    let path = format!("/api/orders/{order}/receipts");
    let ask = service.post(&path).by("limited").key("k").file("image/png", PNG);
    let own = file_path(&ask.send().await.expect(200));
    for who in ["limited", "client", "finance", "auditor", "admin"] {
        let (status, _, bytes) = service.get(&own).by(who).send_for_bytes().await;
        assert_eq!((status, bytes.as_slice()), (StatusCode::OK, PNG), "{who}");
    }
    for who in ["warehouse", "logistics", "gateway"] {
        service.get(&own).by(who).send().await.expect_problem(403, "forbidden");
    }

    let order = order_of(&service, "c1").await;
    let elses = file_path(&upload(&service, &order, "k", "image/png", PNG).await.expect(200));
    service.get(&elses).by("limited").send().await.expect_problem(404, "order-not-found");
    let path = format!("/api/orders/{order}/receipts");
    let ask = service.post(&path).by("limited").key("k2").file("image/png", PNG);
    ask.send().await.expect_problem(404, "order-not-found");
    assert_eq!(kept(&service).await, 2);
    // A receipt of another order is none of this one.
    let receipt = own.rsplit('/').nth(1).unwrap();
    let mixed = format!("/api/orders/{order}/receipts/{receipt}/file");
    service.get(&mixed).by("admin").send().await.expect_problem(404, "receipt-not-found");
}

#[tokio::test]
async fn a_file_goes_with_its_customer_and_the_order_stays() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    let reply = upload(&service, &order, "k", "image/png", PNG).await;
    let (text, path) = (reply.text.clone(), file_path(&reply.expect(200)));
    let pool = service.database.pool(1);
    let mut conn = pool.acquire().await.unwrap();
    let customer = CustomerId::new("c1").unwrap();
    assert!(personal::forget(&mut conn, BOOK, &customer).await.unwrap());

    service.get(&path).by("finance").send().await.expect_problem(410, "forgotten");
    let again = upload(&service, &order, "k", "image/png", PNG).await;
    assert_eq!(again.text, text, "a late retry gets its reply, and does not bring the file back");
    service.get(&path).by("finance").send().await.expect_problem(410, "forgotten");
    let read = service.get(&format!("/api/orders/{order}")).by("finance").send().await.expect(200);
    assert_eq!(read["order"]["phase"], "payment_review");
}

#[tokio::test]
async fn a_file_whose_receipt_was_refused_is_swept_after_a_day_and_one_that_is_named_stays() {
    let service = Service::start().await;
    let order = order_of(&service, "c1").await;
    let named = file_path(&upload(&service, &order, "k", "image/png", PNG).await.expect(200));
    let cancelled = order_of(&service, "c1").await;
    let path = format!("/api/orders/{cancelled}/cancel");
    service.must("client", &path, &json!({ "reason": "changed-mind" })).await;
    let refused = upload(&service, &cancelled, "late", "image/jpeg", JPEG).await;
    refused.expect_problem(409, "wrong-phase");
    assert_eq!(kept(&service).await, 2, "it is committed before the append");

    assert_eq!(sweep(&service, TimeDelta::hours(23)).await, 0);
    assert_eq!(sweep(&service, TimeDelta::hours(25)).await, 1);

    let (status, _, bytes) = service.get(&named).by("finance").send_for_bytes().await;
    assert_eq!((status, bytes.as_slice()), (StatusCode::OK, PNG));
    // The refusal stands, and a retry of it leaves what the next sweep takes.
    let again = upload(&service, &cancelled, "late", "image/jpeg", JPEG).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(sweep(&service, TimeDelta::hours(25)).await, 1);
    assert_eq!(kept(&service).await, 1);
}
