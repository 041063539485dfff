//! Acknowledged means durable: a server that may lose commits is refused.

use sqlx::{Connection as _, PgConnection, Row as _};

use crate::error::Error;

/// What must not be off. Of `synchronous_commit` every other value waits for the local disk.
const NEEDED: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// Refuses a server that could lose an acknowledged write, as this connection sees it: settings of
/// its role and database count.
pub async fn check(connection: &mut PgConnection) -> Result<(), Error> {
    connection.ping().await?;
    let rows = sqlx::query(
        "select name, setting from pg_catalog.pg_settings where name = any($1) order by name",
    )
    .bind(&NEEDED[..])
    .fetch_all(connection)
    .await?;
    let mut off = Vec::new();
    for row in &rows {
        let name: String = row.try_get("name")?;
        let setting: String = row.try_get("setting")?;
        if setting == "off" {
            off.push(format!("{name} is off"));
        }
    }
    if rows.len() != NEEDED.len() {
        off.push("it does not show its settings".to_owned());
    }
    if off.is_empty() { Ok(()) } else { Err(Error::NotDurable { settings: off.join(", ") }) }
}
