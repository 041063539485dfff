//! A book of a simulated trade, to whose tables things are done by force.

use std::fmt::Write as _;

use eventstore::BookId;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use testkit::{Database, Trade};

use super::way::{Force, Found, Way};
use crate::daftar::Installation;

const EVENTS: u64 = 900;

pub(super) struct Traded {
    pub(super) installation: Installation,
    conn: PgConnection,
    _database: Database,
}

/// What is to be found of a plant.
pub(super) struct Planted {
    id: &'static str,
    check: &'static str,
    /// What the finding says, and perhaps one of its positions.
    says: Value,
}

pub(super) fn plants(ways: &[Way]) -> Vec<(&'static str, &Force)> {
    let forces = ways.iter().flat_map(|way| {
        way.found.iter().filter_map(|found| match found {
            Found::Verification(force) => Some((way.id, force)),
            Found::Import(_) | Found::Watch(_) => None,
        })
    });
    forces.collect()
}

impl Traded {
    pub(super) async fn new() -> Self {
        let database = Database::empty().await;
        let installation = Installation::at("ways", database.url());
        installation.run(&["migrate"]);
        let mut conn = PgConnection::connect_with(&database.connect_options())
            .await
            .expect("the database takes connections");
        Trade::new(49).among(6).load(&mut conn, BookId::new(1), EVENTS).await;
        Self { installation, conn, _database: database }
    }

    /// Does it as the superuser, past the guards, which stand again afterwards.
    pub(super) async fn force(
        &mut self,
        id: &'static str,
        force: &Force,
    ) -> Result<Planted, String> {
        let mut script = String::from("begin;\n");
        for table in force.tables {
            writeln!(script, "alter table daftar.{table} disable trigger user;")
                .expect("a text takes all");
        }
        writeln!(script, "{};", force.plant).expect("a text takes all");
        for table in force.tables {
            let on = format!("alter table daftar.{table} enable always trigger");
            writeln!(script, "{on} only_functions_write;").expect("a text takes all");
            if *table == "events" {
                writeln!(script, "{on} never_changes;").expect("a text takes all");
            }
        }
        script += "commit;";
        let told = sqlx::raw_sql(AssertSqlSafe(script)).fetch_all(&mut self.conn).await;
        match told.as_deref() {
            Ok([row]) => Ok(Planted { id, check: force.check, says: row.get(0) }),
            Ok(rows) => Err(format!("{id}: it is done to {} rows: {}", rows.len(), force.plant)),
            Err(error) => {
                let error = format!("{id}: {error}: {}", force.plant);
                sqlx::raw_sql("rollback")
                    .execute(&mut self.conn)
                    .await
                    .map_err(|_| error.clone())?;
                Err(error)
            }
        }
    }
}

impl Planted {
    /// What is wrong if no finding is it.
    pub(super) fn fault(&self, findings: &[Value]) -> Option<String> {
        let says = self.says.as_object().expect("a plant returns an object");
        let is_it = |finding: &Value| {
            finding["check"] == self.check
                && says.iter().all(|(name, value)| match name.as_str() {
                    "position" => {
                        finding["positions"].as_array().is_some_and(|at| at.contains(value))
                    }
                    _ => &finding[name] == value,
                })
        };
        if findings.iter().any(is_it) {
            return None;
        }
        let of_check: Vec<&Value> =
            findings.iter().filter(|finding| finding["check"] == self.check).collect();
        Some(format!("{}: no {} says {}: {of_check:#?}", self.id, self.check, self.says))
    }
}
