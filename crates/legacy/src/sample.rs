//! Customer 94 on one day, three ways: small, own-written copies of an old shop's tables.

use sqlx::PgConnection;

/// One of the data sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// The debits of three orders are not there.
    Missing,
    /// They are there, under the previous order's number.
    Mislabelled,
    /// They are there, and a repair by hand charged two of them again.
    Repaired,
}

impl Sample {
    /// The tables and rows, as plain SQL for the schema `public`.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Missing => include_str!("../../../data/legacy/missing.sql"),
            Self::Mislabelled => include_str!("../../../data/legacy/mislabelled.sql"),
            Self::Repaired => include_str!("../../../data/legacy/repaired.sql"),
        }
    }
}

/// What the shop's owner decided about customer 94's orders, as JSON.
pub const DECISIONS: &str = include_str!("../../../data/legacy/decisions-94.json");

/// Loads a data set into an empty database.
pub async fn load(conn: &mut PgConnection, sample: Sample) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sample.sql()).execute(conn).await.map(drop)
}
