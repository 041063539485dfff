//! Any column of any row of any table that only functions write, changed by chance.

use projections::{Check, Report, VerifyError, text_of};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::world::{BOOK, LOG_TABLES, World};
use crate::book::TABLES;

/// How many are changed before one verification.
const TOGETHER: usize = 8;

/// What nothing can find, since nothing is wrong with it.
const HARMLESS: [(&str, &str, &str); 8] = [
    ("books", "name", "what people call the book; it stands nowhere else"),
    ("books", "min_reader", "an older build may read it, as far as anybody knows"),
    ("books", "writer_format", "an older build may write it, as far as anybody knows"),
    ("books", "revision", "to a later one: the next batch gets the next number after it"),
    ("snapshots", "format", "a state of another form is not used"),
    ("snapshots", "book_id", "it is gone from its book, and of no stream in the other"),
    ("expired_replies", "book_id", "expiry begins anew, and finds nothing left that could go"),
    ("expired_replies", "revision", "more replies go, or some stay longer"),
];

/// One column that was changed.
#[derive(Debug)]
struct Change {
    table: &'static str,
    column: String,
    sql: String,
    /// What the row's key was, and is: a finding names either.
    keys: [Vec<String>; 2],
}

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Changes so many columns. Says which of the changes nothing finds, and nothing excuses.
pub(super) async fn try_out(world: &mut World, seed: u64, count: usize) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut unseen = Vec::new();
    let (mut found, mut harmless, mut refused) = (0, 0, 0);
    while found + harmless + unseen.len() < count {
        let mut changes: Vec<Change> = Vec::new();
        for _ in 0..TOGETHER {
            let Some(change) = choose(world, &mut dice).await else { continue };
            let is_first = changes.iter().all(|other| other.table != change.table);
            if !is_first {
                continue;
            }
            match world.force(&[change.table], &change.sql).await {
                Ok(told) if told.is_empty() => {}
                Ok(_) => changes.push(change),
                Err(_) => refused += 1,
            }
        }
        let tables: Vec<_> = changes.iter().map(|change| change.table).collect();
        let report = world.try_verify(BOOK, &[]).await;
        world.restore(&tables).await;
        for change in changes {
            if report.as_ref().is_ok_and(|report| change.is_named(report)) {
                found += 1;
                continue;
            }
            // The others may have hidden it: a stream that is quarantined is compared with nothing.
            world.force(&[change.table], &change.sql).await.unwrap();
            let alone = world.try_verify(BOOK, &[]).await;
            world.restore(&[change.table]).await;
            match &alone {
                Ok(report) if change.is_named(report) => found += 1,
                // It does not even begin.
                Err(VerifyError::Format(_) | VerifyError::Head(_)) => found += 1,
                _ if change.is_harmless() => harmless += 1,
                other => unseen.push(format!("{change:?}: {other:?}")),
            }
        }
    }
    println!("{found} found, {harmless} harmless, {refused} refused");
    assert!(found * 10 > count * 8, "{found} of {count}");
    unseen
}

impl Change {
    fn is_named(&self, report: &Report) -> bool {
        report.findings.iter().any(|finding| match self.table {
            "events" => matches!(finding.check, Check::Chain | Check::Quarantined),
            "books" | "book_projections" | "expired_replies" => true,
            "commands" | "snapshots" => self.is_key_of(&text_of(&finding.key)),
            view => {
                let is_named = self.is_key_of(&text_of(&finding.key));
                finding.projection.as_deref() == Some(view) && is_named
            }
        })
    }

    fn is_key_of(&self, key: &str) -> bool {
        self.keys.iter().any(|parts| parts.iter().all(|part| key.contains(part.as_str())))
    }

    fn is_harmless(&self) -> bool {
        HARMLESS.iter().any(|(table, column, _)| *table == self.table && *column == self.column)
    }
}

fn key_columns(table: &str) -> &'static [&'static str] {
    match table {
        "customer_orders" | "order_management" | "imported_orders" => &["order_id"],
        "wallet_balances" => &["wallet_id"],
        "wallet_lines" => &["wallet_id", "sequence"],
        "payments" => &["payment_id"],
        "journal_lines" => &["position", "line"],
        "timeline" => &["order_id", "position"],
        "deadlines" => &["order_id", "kind"],
        "wallet_requests" => &["request_id"],
        "suspense_items" => &["suspense_id"],
        "statement_lines" => &["line_id"],
        "commands" => &["command_id"],
        "snapshots" => &["aggregate_id"],
        "events" => &["position"],
        "books" | "book_projections" | "expired_replies" => &["book_id"],
        other => panic!("{other} is not guarded"),
    }
}

async fn choose(world: &mut World, dice: &mut Dice) -> Option<Change> {
    let tables: Vec<&'static str> = TABLES.iter().chain(&LOG_TABLES).copied().collect();
    let table = tables[dice.below(tables.len())];
    let rows = world
        .texts(format!("select ctid::text from daftar.{table} where book_id = 1 order by 1"))
        .await;
    if rows.is_empty() {
        return None;
    }
    let row = &rows[dice.below(rows.len())];
    let columns: Vec<(String, String, bool)> = sqlx::query_as(AssertSqlSafe(format!(
        "select column_name::text, udt_name::text, is_nullable = 'YES'
           from information_schema.columns
          where table_schema = 'daftar' and table_name = '{table}' order by ordinal_position"
    )))
    .fetch_all(world.conn())
    .await
    .unwrap();
    let (column, kind, is_nullable) = columns[dice.below(columns.len())].clone();
    let is_null = world
        .text(format!("select ({column} is null)::text from daftar.{table} where ctid = '{row}'"))
        .await
        == "true";
    let to = if is_null {
        from_nothing(&kind).to_owned()
    } else if is_nullable && dice.below(5) == 0 {
        "null".to_owned()
    } else {
        other(&column, &kind, dice)
    };
    let whole = world
        .text(format!("select to_jsonb(t)::text from daftar.{table} as t where ctid = '{row}'"))
        .await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let new = world
        .text(format!("select coalesce(({to})::text, '') from daftar.{table} where ctid = '{row}'"))
        .await;
    let part = |name: &&str| plain(&whole[*name]);
    let old_key: Vec<String> = key_columns(table).iter().map(part).collect();
    let new_key = key_columns(table)
        .iter()
        .map(|name| if **name == *column { new.clone() } else { part(name) })
        .collect();
    // By its key, since its place changes when it is put back.
    let same = columns.iter().filter(|(name, kind, _)| {
        kind != "json"
            && ["book_id", "generation", "name", "position", "command_id"].contains(&name.as_str())
            || key_columns(table).contains(&name.as_str())
            || table == "events" && name == "position"
            || table == "snapshots" && name == "aggregate_type"
    });
    let same: Vec<String> = same
        .map(|(name, ..)| format!("{name}::text = {}", quoted(&whole[name.as_str()])))
        .collect();
    let sql = format!(
        "update daftar.{table} set {column} = {to} where {} returning '{{}}'::jsonb",
        same.join(" and ")
    );
    Some(Change { table, column, sql, keys: [old_key, new_key] })
}

fn quoted(value: &Value) -> String {
    format!("'{}'", plain(value).replace('\'', "''"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn from_nothing(kind: &str) -> &'static str {
    match kind {
        "uuid" => "'00000000-0000-0000-0000-0000000000ff'::uuid",
        "text" => "'x'",
        "int2" | "int4" | "int8" | "numeric" => "1",
        "bool" => "true",
        "timestamptz" => "'2026-01-01'::timestamptz",
        "date" => "'2026-01-01'::date",
        "bytea" => "'\\x00'::bytea",
        "json" => "'{}'::json",
        other => panic!("no value of type {other}"),
    }
}

/// A value that differs as little as one can.
fn other(column: &str, kind: &str, dice: &mut Dice) -> String {
    let first = dice.below(2) == 0;
    match (kind, first) {
        ("uuid", _) => format!(
            "overlay({column}::text placing case right({column}::text, 1)
               when '0' then '1' else '0' end from 36)::uuid"
        ),
        ("text", true) => format!("{column} || ' '"),
        ("text", false) => {
            format!("overlay({column} placing chr(ascii({column} || 'x') # 1) from 1 for 1)")
        }
        ("int2" | "int4" | "int8", true) | ("date", _) => format!("({column} + 1)"),
        ("int2" | "int4" | "int8", false) => format!("({column} - 1)"),
        ("numeric", true) => format!("({column} + 0.0001)"),
        ("numeric", false) => format!("({column} - 0.0001)"),
        ("bool", _) => format!("(not {column})"),
        ("timestamptz", _) => format!("({column} + interval '1 us')"),
        ("bytea", _) => format!("set_bit({column}, 5, 1 - get_bit({column}, 5))"),
        ("json", true) => format!("({column}::text || ' ')::json"),
        ("json", false) => {
            format!(
                "overlay({column}::text placing '\" ' from strpos({column}::text, '\"') for 1)::json"
            )
        }
        ("_text", _) => format!("array_append({column}, 'x')"),
        (other, _) => panic!("no other value of type {other}"),
    }
}

/// What is listed as harmless, for the page.
pub(super) fn harmless() -> Vec<String> {
    HARMLESS.iter().map(|(table, column, why)| format!("`{table}.{column}`: {why}")).collect()
}
