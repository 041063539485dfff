//! What can only be said at the end, in one moment: the head and the last event, the views' sums and
//! the accounts, generations that nobody reads.

use std::collections::BTreeMap;

use domain::account::SuspenseItem;
use domain::id::WalletId;
use eventstore::{Generation, Head, Position, Revision, fold_set};
use futures::TryStreamExt as _;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::finding::{Check, Finding, Findings};
use super::log::Log;
use super::sums::{PREPAYMENTS, SUSPENSE, Sum, Sums, UNALLOCATED, WALLETS};
use crate::journal_lines::JournalLines;
use crate::projection::Projection as _;
use crate::views::{Views, projections};

/// What the head says against the log's last event, the decisions and the live projections.
pub(super) async fn head(
    conn: &mut PgConnection,
    head: &Head,
    log: &Log,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let wrong = |column: &str, expected: String, found: String| {
        let finding = Finding::new(Check::Head, "book").in_column(column);
        finding.expected(expected).found(found).at(log.position())
    };
    let (beyond, last): (Option<Position>, Option<Revision>) =
        sqlx::query_as(include_str!("../sql/verify/read_ends.sql"))
            .bind(head.book)
            .bind(head.position)
            .fetch_one(&mut *conn)
            .await?;
    let last_position = beyond.unwrap_or_else(|| log.position());
    if last_position == head.position {
        let hash = log.follower().hash();
        if hash != head.hash {
            findings.add(wrong("hash", hash.to_string(), head.hash.to_string()));
        }
        if let Some(recorded_at) = log.follower().recorded_at()
            && recorded_at != head.recorded_at
        {
            let found = head.recorded_at.to_rfc3339();
            findings.add(wrong("recorded_at", recorded_at.to_rfc3339(), found));
        }
    } else {
        findings.add(wrong("position", last_position.to_string(), head.position.to_string()));
    }
    if let Some(last) = last
        && last > head.revision
    {
        findings.add(wrong("revision", format!("{last} at least"), head.revision.to_string()));
    }
    // What is written must be readable by those who may read.
    if head.min_reader < 1 || head.writer_format < head.min_reader {
        let found = format!("{} and {}", head.min_reader, head.writer_format);
        let expected = "a format, and one that is not below it".to_owned();
        findings.add(wrong("min_reader and writer_format", expected, found));
    }
    Ok(())
}

/// The head says that the views were filled by these very folds. One that the book does not have yet,
/// because it is to be filled or is being filled for the first time, is no finding: these are answered.
pub(super) fn fold_sets(head: &Head, findings: &mut Findings) -> Vec<String> {
    let live = || head.projections.iter().map(|state| (state.name.as_str(), state.fold_version));
    let is_filled = |name: &str| live().any(|(live, _)| live == name);
    let (ours, missing): (Vec<_>, Vec<_>) =
        projections().into_iter().partition(|state| is_filled(&state.name));
    let ours = fold_set(ours.iter().map(|state| (state.name.as_str(), state.fold_version)));
    let mut found = vec![head.fold_set.clone(), fold_set(live())];
    found.dedup();
    for found in found {
        if found != ours {
            let finding = Finding::new(Check::FoldSet, "live projections");
            findings.add(finding.expected(ours.as_str()).found(found));
        }
    }
    missing.into_iter().map(|state| state.name).collect()
}

/// The rows of an item's view that hold something.
struct Ledger {
    account: &'static str,
    view: &'static str,
    sql: &'static str,
}

const LEDGERS: [Ledger; 4] = [
    Ledger {
        account: WALLETS,
        view: "wallet_balances",
        sql: include_str!("../sql/verify/read_wallets.sql"),
    },
    Ledger {
        account: UNALLOCATED,
        view: "payments",
        sql: include_str!("../sql/verify/read_unallocated.sql"),
    },
    Ledger {
        account: PREPAYMENTS,
        view: "order_management",
        sql: include_str!("../sql/verify/read_prepayments.sql"),
    },
    Ledger {
        account: SUSPENSE,
        view: "suspense_items",
        sql: include_str!("../sql/verify/read_suspense.sql"),
    },
];

/// Every item of these accounts is explained by a row that says the same, and the other way round.
pub(super) async fn items(
    conn: &mut PgConnection,
    head: &Head,
    sums: &mut Sums,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    for Ledger { account, view, sql } in LEDGERS {
        let mut left = sums.take(account);
        // The journal names what an imported wallet leaves open by the wallet, the view by the item.
        let streams: BTreeMap<(String, String), (String, String)> = match account {
            SUSPENSE => left.keys().filter_map(by_stream).collect(),
            _ => BTreeMap::new(),
        };
        let Some(generation) = head.generation(view) else { continue };
        // Either may be the one that is wrong: what else is found says which.
        let apart = |(item, currency): &(String, String), journal, stored, at| {
            let text = |sum: Option<Decimal>| sum.map(|sum| sum.normalize().to_string());
            let key = json!({ "account": account, "item": item, "currency": currency });
            Finding::new(Check::AccountBalance, key)
                .of_view(view)
                .expected("the same of both")
                .found(json!({ "account_holds": text(journal), "view_holds": text(stored) }))
                .at(at)
        };
        {
            let mut rows = sqlx::query_as::<_, (Uuid, String, Decimal, Position)>(sql)
                .bind(head.book)
                .bind(generation)
                .fetch(&mut *conn);
            while let Some((id, currency, amount, position)) = rows.try_next().await? {
                let key = (id.to_string(), currency);
                let key = streams.get(&key).cloned().unwrap_or(key);
                let sum = left.remove(&key).map(|sum| sum.amount);
                if sum != Some(amount) {
                    findings.add(apart(&key, sum, Some(amount), position));
                }
            }
        }
        for (key, Sum { amount, position }) in left {
            findings.add(apart(&key, Some(amount), None, position));
        }
    }
    Ok(())
}

/// The item of the view, and the one of the journal.
fn by_stream(key: &(String, String)) -> Option<((String, String), (String, String))> {
    let wallet = WalletId::new(key.0.parse().ok()?);
    let stream = SuspenseItem::Wallet(wallet).id().uuid().to_string();
    Some(((stream, key.1.clone()), key.clone()))
}

/// An order that is over, with nothing owed, has its money recognised or given back.
pub(super) async fn finished_orders(
    conn: &mut PgConnection,
    head: &Head,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let finished: Vec<(Uuid, Decimal, Position)> =
        sqlx::query_as(include_str!("../sql/verify/find_finished_orders_with_money.sql"))
            .bind(head.book)
            .fetch_all(conn)
            .await?;
    for (order, held, position) in finished {
        let finding = Finding::new(Check::FinishedOrder, order.to_string());
        let finding = finding.of_view("order_management").in_column("held");
        findings.add(finding.expected("0").found(held.normalize().to_string()).at(position));
    }
    Ok(())
}

/// Lines of the journal where no event can be.
pub(super) async fn lines_outside(
    conn: &mut PgConnection,
    head: &Head,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let Some(generation) = head.generation(JournalLines::NAME) else { return Ok(()) };
    let lines: Vec<(Position, i32)> =
        sqlx::query_as(include_str!("../sql/verify/find_lines_outside.sql"))
            .bind(head.book)
            .bind(generation)
            .bind(head.position)
            .fetch_all(conn)
            .await?;
    for (position, line) in lines {
        let finding = Finding::new(Check::ExtraRow, json!({ "position": position, "line": line }));
        let finding = finding.of_view(JournalLines::NAME).found("a line of no event");
        findings.add(finding.at(position));
    }
    Ok(())
}

/// Rows that no reader sees, of views that nobody is filling or sweeping.
pub(super) async fn generations(
    conn: &mut PgConnection,
    head: &Head,
    under_way: &[String],
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    for view in Views::NAMES {
        if under_way.iter().any(|name| name == view) {
            continue;
        }
        let live = head.generation(view);
        // One look into the index a generation, however many rows it has.
        let sql = format!(
            "select generation from daftar.{view} where book_id = $1 and generation > $2
              order by generation limit 1"
        );
        let mut after = Generation(i32::MIN);
        loop {
            let next: Option<Generation> = sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
                .bind(head.book)
                .bind(after)
                .fetch_optional(&mut *conn)
                .await?;
            let Some(next) = next else { break };
            if Some(next) != live {
                let finding = Finding::new(Check::Generation, format!("generation {next}"));
                let finding = finding.of_view(view).expected(
                    live.map_or_else(|| "no rows".to_owned(), |live| format!("generation {live}")),
                );
                findings.add(finding.found("rows"));
            }
            after = next;
        }
    }
    Ok(())
}
