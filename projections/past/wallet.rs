//! One wallet as it was: its lines, what was asked of it, and what it held.

use std::ops::ControlFlow;

use domain::StreamKey;
use domain::id::WalletId;
use eventstore::{BookId, Position, StreamId};
use sqlx::PgConnection;

use crate::past::Taker;
use crate::past::changes;
use crate::past::fold::Wanted;
use crate::past::view::Giving;
use crate::projection::Projection;
use crate::wallet_balances::WalletBalances;
use crate::wallet_lines::WalletLines;
use crate::wallet_requests::WalletRequests;

/// The views that tell of a wallet.
pub const VIEWS: &[&str] = &[WalletLines::NAME, WalletBalances::NAME, WalletRequests::NAME];

fn stream(wallet: WalletId) -> StreamId {
    let key = StreamKey::Wallet(wallet);
    StreamId::new(key.aggregate_type(), key.aggregate_id().to_string())
}

/// Hands out a wallet's rows, but for the first `skip`: its lines as they came, then its balance,
/// then its requests. Returns how many are done if the taker broke off.
pub async fn wallet(
    conn: &mut PgConnection,
    book: BookId,
    wallet: WalletId,
    until: Position,
    skip: u64,
    taker: Taker<'_>,
) -> Result<Option<u64>, sqlx::Error> {
    let mut giving = Giving { wanted: Wanted::Some(VIEWS), given: 0, skip, taker };
    let gave = giving.stream(conn, book, &stream(wallet), until).await?;
    Ok(matches!(gave, ControlFlow::Break(())).then_some(giving.given))
}

/// Hands out what changed of a wallet between two positions, but for the first `skip` changes.
pub async fn wallet_changes(
    conn: &mut PgConnection,
    book: BookId,
    wallet: WalletId,
    between: (Position, Position),
    skip: u64,
    taker: Taker<'_>,
) -> Result<Option<u64>, sqlx::Error> {
    let wanted = Wanted::Some(VIEWS);
    changes::of_stream(conn, book, &stream(wallet), between, wanted, skip, taker).await
}
