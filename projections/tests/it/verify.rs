//! Whatever is done behind our backs, a verification names it.

mod beside_writers;
mod checks;
mod keeping;
mod part;
mod quarantine;

use projections::{Check, Finding, text_of};
use serde_json::{Value, json};

use crate::book::{Book, Databases, TABLES, run};
use crate::story::tell;

async fn told_book(databases: &Databases) -> Book {
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    book
}

fn of<'a>(findings: &'a [Finding], check: Check, table: &str) -> Vec<&'a Finding> {
    findings
        .iter()
        .filter(|finding| finding.check == check && finding.projection.as_deref() == Some(table))
        .collect()
}

#[tokio::test]
async fn a_changed_column_of_any_view_is_named() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let changes = [
        ("customer_orders", "status", "'shipped'"),
        ("order_management", "current_status", "'logistics_dispatched'"),
        ("wallet_balances", "balance", "balance + 0.001"),
        ("wallet_lines", "reason", "'a gift'"),
        ("payments", "customer_id", "'95'"),
        ("journal_lines", "item", "item || 'x'"),
        ("timeline", "actor_id", "'somebody else'"),
        ("imported_orders", "classes", "array['clean']"),
        ("deadlines", "set_by", "set_by + 1"),
        ("wallet_requests", "state", "'approved'"),
        ("suspense_items", "owner", "'nobody'"),
        ("statement_lines", "reference", "'R-0'"),
    ];
    for (table, column, value) in changes {
        databases
            .tamper(
                table,
                &format!(
                    "update daftar.{table} set {column} = {value}
                      where ctid = (select min(ctid) from daftar.{table})"
                ),
            )
            .await;

        let report = book.verify().await;

        let found = of(&report.findings, Check::Column, table);
        assert_eq!(found.len(), 1, "{table}: {:?}", report.findings);
        assert_eq!(found[0].column.as_deref(), Some(column));
        assert!(found[0].expected.is_some() && found[0].expected != found[0].found);
        assert!(!found[0].positions.is_empty());
    }
    for (table, ..) in changes {
        assert_eq!(of(&book.verify().await.findings, Check::Column, table).len(), 1, "{table}");
    }
}

#[tokio::test]
async fn a_missing_row_of_any_view_is_named() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    for table in TABLES {
        databases
            .tamper(
                table,
                &format!(
                    "delete from daftar.{table} where ctid = (select min(ctid) from daftar.{table})"
                ),
            )
            .await;

        let report = book.verify().await;

        assert_eq!(of(&report.findings, Check::MissingRow, table).len(), 1, "{table}");
        assert_eq!(of(&report.findings, Check::ExtraRow, table).len(), 0, "{table}");
    }
}

#[tokio::test]
async fn an_extra_row_of_any_view_is_named() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let keys = [
        (
            "customer_orders",
            "{\"order_id\": \"00000000-0000-0000-0000-0000000000ff\", \"counter\": 999}",
        ),
        ("order_management", "{\"order_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
        ("wallet_balances", "{\"wallet_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
        ("wallet_lines", "{\"sequence\": 999}"),
        ("payments", "{\"payment_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
        ("journal_lines", "{\"line\": 999}"),
        ("timeline", "{\"position\": 999}"),
        ("imported_orders", "{\"order_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
        ("deadlines", "{\"order_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
        ("wallet_requests", "{\"request_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
        ("suspense_items", "{\"suspense_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
        ("statement_lines", "{\"line_id\": \"00000000-0000-0000-0000-0000000000ff\"}"),
    ];
    for (table, key) in keys {
        databases
            .tamper(
                table,
                &format!(
                    "insert into daftar.{table}
                     select (jsonb_populate_record(null::daftar.{table}, to_jsonb(t) || '{key}')).*
                       from (select * from daftar.{table} limit 1) as t"
                ),
            )
            .await;

        let report = book.verify().await;

        assert_eq!(of(&report.findings, Check::ExtraRow, table).len(), 1, "{table}");
        assert_eq!(of(&report.findings, Check::MissingRow, table).len(), 0, "{table}");
    }
}

#[tokio::test]
async fn money_that_does_not_add_up_breaks_the_laws_by_name() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases
        .tamper(
            "journal_lines",
            "update daftar.journal_lines set amount = amount * 100
              where ctid = (select min(ctid) from daftar.journal_lines
                             where account = '2100' and side = 'debit')",
        )
        .await;
    databases
        .tamper(
            "order_management",
            "update daftar.order_management set held = 1 where phase = 'completed'",
        )
        .await;

    let checks: Vec<_> = book.verify().await.findings.iter().map(|finding| finding.check).collect();

    for check in
        [Check::TrialBalance, Check::NegativeBalance, Check::AccountBalance, Check::FinishedOrder]
    {
        assert!(checks.contains(&check), "{check:?} is not among {checks:?}");
    }
}

#[tokio::test]
async fn a_changed_event_is_named_and_so_is_one_that_cannot_be() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases
        .tamper(
            "events",
            "update daftar.events
                set payload = replace(payload::text, '360960.16', '1.5')::json
              where event_type = 'debited'",
        )
        .await;

    let findings = book.verify().await.findings;

    let chain: Vec<_> = findings.iter().filter(|one| one.check == Check::Chain).collect();
    assert_eq!(chain.len(), 1, "{findings:?}");
    let debited = chain[0].positions[0];
    let columns = of(&findings, Check::Column, "wallet_lines");
    assert!(columns.iter().any(|one| one.positions.contains(&debited)), "{findings:?}");

    databases
        .tamper(
            "events",
            "update daftar.events
                set payload = replace(payload::text, '1.5', '99999999')::json
              where event_type = 'debited'",
        )
        .await;
    let findings = book.verify().await.findings;
    let replay: Vec<_> = findings.iter().filter(|one| one.check == Check::Quarantined).collect();
    assert_eq!(replay.len(), 1, "{findings:?}");
    assert_eq!(replay[0].positions, [debited]);
}

#[tokio::test]
async fn a_decision_that_names_no_event_is_named() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases
        .tamper(
            "commands",
            "update daftar.commands set position = 9999
              where command_id = '00000000-0000-0000-0000-000000000001'",
        )
        .await;

    let findings = book.verify().await.findings;

    let of = |check| findings.iter().filter(move |finding| finding.check == check);
    let missing: Vec<_> = of(Check::CommandPosition).collect();
    // Beside the events that it made, and beyond the last one; and it is not what was recorded.
    assert_eq!(missing.len(), 2, "{findings:?}");
    assert_eq!(missing[0].expected, Some("3".into()));
    assert!(missing.iter().all(|finding| finding.found == Some("9999".into())));
    assert_eq!(of(Check::Command).count(), 1, "{findings:?}");
    assert_eq!(findings.len(), 3, "{findings:?}");
}

#[tokio::test]
async fn a_guard_that_is_off_is_named() {
    let databases = Databases::empty().await;
    let book = databases.book(1).await;
    let mut superuser = databases.superuser().await;
    for sql in [
        "alter table daftar.wallet_balances disable trigger only_functions_write",
        "alter table daftar.events disable trigger never_changes",
        "alter table daftar.timeline enable trigger only_functions_write",
        "alter table daftar.books drop constraint books_stopped",
        "alter table daftar.events drop constraint events_stream_sequence_key",
        "grant update on daftar.payments to daftar_app",
        "alter table daftar.payments owner to daftar_app",
    ] {
        run(&mut superuser, sql).await;
    }

    let findings = book.verify().await.findings;

    assert!(findings.iter().all(|finding| finding.check == Check::Guard), "{findings:?}");
    let is = |finding: &Finding| {
        (text_of(&finding.key), finding.found.as_ref().map(text_of).unwrap_or_default())
    };
    let found: Vec<_> = findings.iter().map(is).collect();
    let expected = [
        ("daftar.books books_stopped", "missing"),
        ("daftar.events events_stream_sequence_key", "missing"),
        ("daftar.events never_changes", "disabled"),
        ("daftar.payments grants", "held by daftar_app"),
        ("daftar.payments owner", "daftar_app"),
        ("daftar.timeline only_functions_write", "not enabled always"),
        ("daftar.wallet_balances only_functions_write", "disabled"),
    ];
    assert_eq!(found, expected.map(|(key, found)| (key.to_owned(), found.to_owned())));
}

#[tokio::test]
async fn a_finding_tells_an_empty_column_from_a_row_that_is_not_there() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let (order, position): (String, i64) =
        sqlx::query_as("select order_id::text, position from daftar.timeline limit 1")
            .fetch_one(&mut databases.superuser().await)
            .await
            .unwrap();
    let row = format!("order_id = '{order}' and position = {position}");
    let sql = format!("update daftar.timeline set actor_id = null where {row}");
    databases.tamper("timeline", &sql).await;

    let findings = book.verify().await.findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    let empty = &findings[0];
    assert_eq!(empty.key, json!({ "order_id": order, "position": position }));
    assert!(empty.expected.as_ref().unwrap().is_string());
    assert_eq!(empty.found, Some(Value::Null));
    let text = format!("column: timeline order_id {order} position {position} actor_id, expected ");
    assert!(empty.to_string().starts_with(&text), "{empty}");

    databases.tamper("timeline", &format!("delete from daftar.timeline where {row}")).await;
    let findings = book.verify().await.findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    let gone = &findings[0];
    assert_eq!(gone.expected.as_ref().unwrap()["order_id"], order);
    assert_eq!(gone.found, None);

    // As they are kept with their job.
    for finding in [empty, gone] {
        let kept = serde_json::to_string(finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&kept).unwrap(), *finding);
    }
    assert_eq!(serde_json::to_value(empty).unwrap()["found"], json!(null));
    assert!(serde_json::to_value(gone).unwrap().get("found").is_none());
}

#[tokio::test]
async fn a_verification_and_a_rebuild_can_run_on_any_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let databases = Databases::empty().await;
    let book = databases.book(1).await;
    is_send(projections::rebuild_now(&book.pool, book.id, &[])).await.unwrap();
    let report = is_send(projections::verify_now(&book.pool, book.id)).await.unwrap();
    assert!(report.is_clean());
}
