//! `daftar fix`: with the owner's decisions, customer 94 is put right and charged for nothing twice.

use serde_json::Value;

use super::Books;
use super::books::data;

fn plan(books: &Books) -> Value {
    let decisions = data("decisions-94.json");
    let decisions = decisions.to_str().expect("the path is text");
    books.daftar.json(&[
        "fix",
        "--as",
        "owner",
        "--ticket",
        "T-94",
        "--reason",
        "put right by hand",
        "--decisions",
        decisions,
    ])
}

fn digest(plan: &Value) -> String {
    plan["digest"].as_str().expect("a plan has a digest").to_owned()
}

/// Applies it, and again, and expects the end that customer 94 was promised.
async fn put_right(books: &Books, digest: &str, balance: &str) {
    let applied = books.daftar.json(&["fix", "--as", "owner", "--apply", digest]);
    assert_eq!(applied["complete"], true, "{applied:#}");
    for order in applied["orders"].as_array().expect("orders are a list") {
        assert_eq!(order["outcome"], "applied", "{order:#}");
    }
    assert_eq!(books.balance().await, balance);
    let statuses = books.statuses().await;
    let statuses: Vec<(&str, &str, &str)> = statuses
        .iter()
        .map(|(number, customer, managed)| (number.as_str(), customer.as_str(), managed.as_str()))
        .collect();
    assert_eq!(
        statuses,
        [
            ("M2511128", "warehouse_ready", "warehouse_pending"),
            ("M2511130", "delivered", "logistics_delivered"),
            ("M2511133", "warehouse_ready", "warehouse_pending"),
            ("M2511135", "delivered", "logistics_delivered"),
            ("M2511138", "warehouse_ready", "warehouse_pending"),
        ]
    );
    let left = books.daftar.json(&["inconsistencies", "--check"]);
    assert_eq!(left["inconsistencies"], Value::Array(Vec::new()), "{left:#}");
    books.daftar.assert_verified();

    let extent = books.extent().await;
    let again = books.daftar.json(&["fix", "--as", "owner", "--apply", digest]);
    assert_eq!(again["complete"], true, "{again:#}");
    assert_eq!(books.extent().await, extent, "applying again does nothing");
    assert_eq!(books.balance().await, balance);
}

/// A plan is only a plan.
async fn planned(name: &str, sample: &str) -> (Books, String) {
    let books = Books::of(name, sample).await;
    books.import(&[]);
    books.daftar.key("admin", "owner");
    let found = books.daftar.try_run(&["inconsistencies", "--check"]);
    assert!(!found.status.success(), "nothing is wrong");
    let before = books.extent().await;
    let made = plan(&books);
    assert_eq!(books.extent().await, before, "a plan changes nothing");
    let digest = digest(&made);
    (books, digest)
}

#[tokio::test]
async fn what_was_never_debited_is_debited_once() {
    let (books, digest) = planned("fix-missing", "missing").await;
    put_right(&books, &digest, "15145593.99").await;
}

#[tokio::test]
async fn what_was_debited_under_another_number_is_linked_and_not_charged_again() {
    let (books, digest) = planned("fix-mislabelled", "mislabelled").await;
    put_right(&books, &digest, "15296774.99").await;
}

#[tokio::test]
async fn what_was_charged_twice_is_given_back_once_a_second_person_agrees() {
    let (books, digest) = planned("fix-repaired", "repaired").await;
    let extent = books.extent().await;
    let alone = books.daftar.try_run(&["fix", "--as", "owner", "--apply", &digest]);
    assert!(!alone.status.success(), "nobody else agreed");
    let said = String::from_utf8_lossy(&alone.stderr);
    assert!(said.contains("approval"), "{said}");
    let same = books.daftar.try_run(&["fix", "--as", "owner", "--approve", &digest]);
    assert!(!same.status.success(), "whoever made a plan cannot approve it");
    assert_eq!(books.extent().await, extent);
    assert_eq!(books.balance().await, "15145637.99");

    books.daftar.key("finance", "zahra");
    books.daftar.run(&["fix", "--as", "zahra", "--approve", &digest]);
    put_right(&books, &digest, "15296774.99").await;
}

#[tokio::test]
async fn a_plan_that_nobody_made_is_not_applied() {
    let books = Books::of("fix-unknown", "missing").await;
    books.import(&[]);
    books.daftar.key("admin", "owner");
    let extent = books.extent().await;
    let output = books.daftar.try_run(&["fix", "--as", "owner", "--apply", &"0".repeat(64)]);
    assert!(!output.status.success());
    assert_eq!(books.extent().await, extent);
}

#[tokio::test]
async fn nobody_but_a_person_whom_the_book_trusts_with_money_plans_or_agrees() {
    let (books, digest) = planned("fix-name", "repaired").await;
    books.daftar.key("warehouse", "ali");
    books.daftar.key("finance", "gone");
    books.daftar.json(&["keys", "create", "--role", "admin", "--principal", "robot", "--service"]);
    sqlx::query("update daftar.principals set disabled_at = now() where principal_id = 'gone'")
        .execute(&mut books.ledger().await)
        .await
        .expect("the owner may");
    for (name, why) in [
        ("zahraa", "nobody is known"),
        ("ali", "neither admin nor finance"),
        ("gone", "disabled"),
        ("robot", "not a person"),
    ] {
        let refused = books.daftar.try_run(&["fix", "--as", name, "--approve", &digest]);
        assert!(!refused.status.success(), "{name} agreed");
        let said = String::from_utf8_lossy(&refused.stderr);
        for part in [why, "daftar keys create --role admin --principal NAME"] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
    }
    let alone = books.daftar.try_run(&["fix", "--as", "owner", "--apply", &digest]);
    assert!(!alone.status.success(), "somebody unknown agreed");
}
