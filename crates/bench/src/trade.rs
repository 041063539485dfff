//! A book of any size, as a shop's trade would have left it: decided by the same rules, appended by the
//! same function, and verifiable.

use anyhow::Result;
use eventstore::BookId;
use ledger::database::Database;
use testkit::Trade;

use crate::server::Server;

const SEED: u64 = 7;

/// Makes such a book; answers how many events it has.
pub(crate) async fn load(server: &Server, book: BookId, events: u64) -> Result<u64> {
    Database::private(server.options()).migrate().await?;
    let mut conn = server.connect().await?;
    let loaded = Trade::new(SEED).load(&mut conn, book, events).await;
    server.run("vacuum (analyze)").await?;
    Ok(loaded.events)
}
