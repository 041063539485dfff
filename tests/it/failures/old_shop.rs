//! An old shop in which nothing is wrong, what is planted in it, and what an import says of that.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::Database;

use super::way::{At, Found, OldRecord, Way};

/// The first order that is there for plants.
const FIRST: usize = 10;
const LAST: usize = 99;
/// Its tables, and rows that are not wanted.
const TABLES: &str = include_str!("../../../data/legacy/missing.sql");
const ORDERS: &str = include_str!("old_shop.sql");

/// What is planted for a way, in an order of its own.
pub(super) struct Plant<'a> {
    pub(super) id: &'static str,
    pub(super) record: &'a OldRecord,
    n: usize,
}

/// Everything that is planted.
pub(super) fn plants(ways: &[Way]) -> Vec<Plant<'_>> {
    let records = ways.iter().flat_map(|way| {
        way.found.iter().filter_map(|found| match found {
            Found::Import(record) => Some((way.id, record)),
            Found::Verification(_) | Found::Watch(_) => None,
        })
    });
    let plants: Vec<Plant<'_>> =
        records.zip(FIRST..).map(|((id, record), n)| Plant { id, record, n }).collect();
    assert!(plants.len() <= LAST - FIRST, "make the old shop larger");
    plants
}

/// An old shop without a fault, to be planted in.
pub(super) async fn healthy() -> Database {
    let old = Database::empty().await;
    run(&old, TABLES).await;
    run(&old, ORDERS).await;
    old
}

impl Plant<'_> {
    pub(super) fn number(&self) -> String {
        format!("M25200{}", self.n)
    }

    pub(super) fn customer(&self) -> String {
        (2000 + self.n).to_string()
    }

    pub(super) async fn by(&self, old: &Database) {
        run(old, &format!("set search_path = public; {}", self.fill(self.record.plant))).await;
    }

    fn fill(&self, text: &str) -> String {
        let n = self.n;
        let text = text.replace("{n}", &n.to_string());
        [
            ("{order}", 1000 + n),
            ("{management}", 5000 + n),
            ("{item}", 7000 + n),
            ("{customer}", 2000 + n),
            ("{wallet}", 3000 + n),
            ("{debit}", 9000 + n),
        ]
        .iter()
        .fold(text, |text, (name, id)| text.replace(name, &id.to_string()))
    }

    /// What of it a report does not name.
    pub(super) fn faults(&self, report: &Value) -> Vec<String> {
        let lines = self.lines(report);
        let is_named = |wanted: &str| lines.iter().any(|line| line.contains(wanted));
        let wanted: Vec<String> = match self.record.at {
            At::Order | At::Wallet => {
                self.record.classes.iter().map(|class| format!("{class}: ")).collect()
            }
            At::Loose(row) => {
                let row = self.fill(row);
                self.record.classes.iter().map(|class| format!("{class}: {row}")).collect()
            }
            At::Absent(row) | At::Odd(row) => vec![self.fill(row)],
        };
        let missing = wanted.into_iter().filter(|wanted| !is_named(wanted));
        missing.map(|wanted| format!("{}: {wanted} is not in {lines:#?}", self.id)).collect()
    }

    /// The lines of a report that are about it.
    fn lines(&self, report: &Value) -> Vec<String> {
        let texts = |list: &Value| -> Vec<String> {
            let list = list.as_array().expect("it is a list");
            list.iter().map(|text| text.as_str().expect("it is a text").to_owned()).collect()
        };
        let of = |list: &Value, is_it: &dyn Fn(&Value, &[String]) -> bool| -> Vec<String> {
            let list = list.as_array().expect("it is a list");
            let found = list.iter().map(|one| (one, texts(&one["findings"])));
            found.filter(|(one, lines)| is_it(one, lines)).flat_map(|(_, lines)| lines).collect()
        };
        match self.record.at {
            At::Order => {
                let row = format!("customer_orders/{}", 1000 + self.n);
                of(&report["findings"], &|one, lines| {
                    one["number"] == self.number().as_str()
                        || lines.iter().any(|line| line.contains(&row))
                })
            }
            At::Wallet => {
                let row = format!("customer_wallets:{}", 3000 + self.n);
                of(&report["wallet_findings"], &|one, _| one["wallet"] == row.as_str())
            }
            At::Loose(_) => texts(&report["loose"]),
            At::Absent(_) => texts(&report["absences"]),
            At::Odd(_) => texts(&report["oddities"]),
        }
    }
}

/// What a report finds wrong, whatever it is.
pub(super) fn everything_found(report: &Value) -> Vec<String> {
    let lists = ["findings", "wallet_findings", "loose", "absences", "oddities", "refused", "open"];
    let found = lists.iter().filter_map(|list| report[*list].as_array());
    found.flatten().map(ToString::to_string).collect()
}

async fn run(old: &Database, sql: &str) {
    let mut conn =
        PgConnection::connect_with(&old.connect_options()).await.expect("it takes connections");
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await;
    done.unwrap_or_else(|error| panic!("{error}: {sql}"));
}
