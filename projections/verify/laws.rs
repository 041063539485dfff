//! The laws of the books, asked of the stored rows themselves, and the guards that keep them.

use std::collections::BTreeMap;

use eventstore::migrate::LOG;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::CurrencySums;
use super::finding::{Check, Finding, Findings};
use crate::views::Views;

/// What the log's own migrations guard.
const LOG_TABLES: &[&str] =
    &["books", "book_projections", "events", "commands", "expired_replies", "snapshots"];

/// Who may write is a matter of triggers and owners: that they are there, and on.
pub(super) async fn guards(
    conn: &mut PgConnection,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let tables: Vec<&str> = [LOG_TABLES, Views::NAMES].concat();
    let (names, bodies): (Vec<&str>, Vec<&str>) = functions().into_iter().unzip();
    let missing: Vec<(String, String)> =
        sqlx::query_as(include_str!("../sql/verify/find_missing_guards.sql"))
            .bind(tables)
            .bind(names)
            .bind(bodies)
            .fetch_all(conn)
            .await?;
    for (key, expected) in missing {
        findings.add(Finding { expected: Some(expected), ..Finding::new(Check::Guard, key) });
    }
    Ok(())
}

/// The functions that the migrations make, and their bodies: a later one replaces an earlier one.
fn functions() -> BTreeMap<&'static str, &'static str> {
    let own = crate::migrations();
    let texts = LOG.iter().chain(&own).map(|migration| migration.sql);
    texts.flat_map(|sql| sql.split("\ncreate ").filter_map(function)).collect()
}

/// The name and the body of what follows `create`, if that is a function.
fn function(statement: &'static str) -> Option<(&'static str, &'static str)> {
    let declared = statement.strip_prefix("or replace ").unwrap_or(statement);
    let (name, rest) = declared.strip_prefix("function ")?.split_once('(')?;
    let (_, body) = rest.split_once("$$")?;
    Some((name, body.split_once("$$")?.0))
}

/// The laws that hold at every position and at every command's end.
pub(super) async fn laws(
    conn: &mut PgConnection,
    book: BookId,
    findings: &mut Findings,
) -> Result<Vec<CurrencySums>, sqlx::Error> {
    let unbalanced: Vec<(Position, String, Decimal)> =
        sqlx::query_as(include_str!("../sql/verify/find_unbalanced_entries.sql"))
            .bind(book)
            .fetch_all(&mut *conn)
            .await?;
    for (position, currency, difference) in unbalanced {
        findings.add(Finding {
            expected: Some("0".to_owned()),
            found: Some(format!("{} {currency}", difference.normalize())),
            positions: vec![position],
            ..Finding::new(Check::TrialBalance, format!("entry {position}"))
        });
    }

    let negative: Vec<(String, String, String, Position, Decimal)> =
        sqlx::query_as(include_str!("../sql/verify/find_negative_balances.sql"))
            .bind(book)
            .fetch_all(&mut *conn)
            .await?;
    for (account, item, currency, position, balance) in negative {
        findings.add(Finding {
            found: Some(format!("{} {currency}", balance.normalize())),
            positions: vec![position],
            ..Finding::new(Check::NegativeBalance, format!("{account}:{item}"))
        });
    }

    let apart: Vec<(String, String, Option<Decimal>, Option<Decimal>)> =
        sqlx::query_as(include_str!("../sql/verify/find_accounts_apart.sql"))
            .bind(book)
            .fetch_all(&mut *conn)
            .await?;
    for (account, item, in_view, in_account) in apart {
        let text = |sum: Option<Decimal>| sum.map(|sum| sum.normalize().to_string());
        findings.add(Finding {
            projection: Some(
                match account.as_str() {
                    "2100" => "wallet_balances",
                    "2200" => "order_management",
                    _ => "payments",
                }
                .to_owned(),
            ),
            expected: text(in_account),
            found: text(in_view),
            ..Finding::new(Check::AccountBalance, format!("{account}:{item}"))
        });
    }

    let finished: Vec<(uuid::Uuid, Decimal, Position)> =
        sqlx::query_as(include_str!("../sql/verify/find_finished_orders_with_money.sql"))
            .bind(book)
            .fetch_all(&mut *conn)
            .await?;
    for (order, held, position) in finished {
        findings.add(Finding {
            projection: Some("order_management".to_owned()),
            expected: Some("0".to_owned()),
            found: Some(held.normalize().to_string()),
            positions: vec![position],
            ..Finding::new(Check::FinishedOrder, order.to_string())
        });
    }

    let commands: Vec<(uuid::Uuid, Position)> =
        sqlx::query_as(include_str!("../sql/verify/find_commands_without_event.sql"))
            .bind(book)
            .fetch_all(&mut *conn)
            .await?;
    for (command, position) in commands {
        findings.add(Finding {
            positions: vec![position],
            ..Finding::new(Check::CommandPosition, format!("command {command}"))
        });
    }

    sqlx::query_as(include_str!("../sql/verify/sum_currencies.sql"))
        .bind(book)
        .fetch_all(conn)
        .await
}
