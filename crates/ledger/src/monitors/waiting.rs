//! Receipts and requests to top a wallet up that wait for finance, and the files that came with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::{OrderId, ReceiptFileId, ReceiptId, RequestId, WalletId};
use domain::receipt_file::{On, ReceiptFile};
use domain::{State, StreamKey};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

use super::{CASES_MAX, Scene};
use crate::load;

/// Something that a customer sent and finance has not decided on.
pub(super) struct Waiting {
    pub(super) on: On,
    pub(super) customer: String,
    /// The order's.
    pub(super) number: Option<String>,
    pub(super) currency: String,
    /// What its order owes now; none of a request.
    pub(super) owed: Option<Decimal>,
    /// Its order was cancelled or expired.
    pub(super) is_over: bool,
    pub(super) claimed: Option<Decimal>,
    /// SHA-256 of the file, in hex.
    pub(super) file: Option<String>,
    pub(super) sent_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    is_of_order: bool,
    /// The order or the wallet.
    stream_id: Uuid,
    /// The receipt or the request.
    id: Uuid,
    customer_id: String,
    number: Option<String>,
    currency: String,
    owed: Option<Decimal>,
    is_over: bool,
    claimed: Option<Decimal>,
    file: Option<String>,
    sent_at: DateTime<Utc>,
}

impl From<Row> for Waiting {
    fn from(row: Row) -> Self {
        let on = if row.is_of_order {
            On::Order { order: OrderId::new(row.stream_id), receipt: ReceiptId::new(row.id) }
        } else {
            On::TopUp { wallet: WalletId::new(row.stream_id), request: RequestId::new(row.id) }
        };
        Self {
            on,
            customer: row.customer_id,
            number: row.number,
            currency: row.currency,
            owed: row.owed,
            is_over: row.is_over,
            claimed: row.claimed,
            file: row.file,
            sent_at: row.sent_at,
        }
    }
}

impl Waiting {
    /// What an alert about it is known by. An order may have several receipts under review.
    pub(super) fn subject(&self) -> String {
        match self.on {
            On::Order { order, receipt } => format!("order/{order}/receipt/{receipt}"),
            On::TopUp { request, .. } => format!("request/{request}"),
        }
    }

    /// What people call it.
    pub(super) fn told_by(&self) -> String {
        match (self.on, &self.number) {
            (On::Order { .. }, Some(number)) => format!("the receipt of order {number}"),
            (On::Order { order, .. }, None) => format!("the receipt of order {order}"),
            (On::TopUp { .. }, _) => format!("the top-up of customer {}", self.customer),
        }
    }
}

/// The ids of what was sent.
pub(super) fn ids(on: On) -> Value {
    match on {
        On::Order { order, receipt } => json!({ "order": order, "receipt": receipt }),
        On::TopUp { wallet, request } => json!({ "wallet": wallet, "request": request }),
    }
}

/// Everything that waits, the oldest first.
pub(super) async fn all(scene: &mut Scene<'_>) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/find_waiting.sql"))
        .bind(scene.ledger.book())
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(rows.into_iter().map(Waiting::from).collect())
}

/// Where the files of these stand, by their digests, as far as their streams can be read.
pub(super) async fn files(
    scene: &mut Scene<'_>,
    waiting: &[Waiting],
) -> Result<BTreeMap<String, ReceiptFile>, sqlx::Error> {
    let streams: BTreeMap<StreamKey, String> = waiting
        .iter()
        .filter_map(|one| one.file.clone())
        .map(|file| (StreamKey::ReceiptFile(ReceiptFileId::of(&file)), file))
        .collect();
    let names: Vec<StreamKey> = streams.keys().copied().collect();
    let states = states(scene, &names).await?;
    let file_of = |(stream, file): (StreamKey, String)| match states.get(&stream).map(Arc::as_ref) {
        Some(State::ReceiptFile(state)) => Some((file, state.clone())),
        Some(
            State::Order(_)
            | State::Wallet(_)
            | State::Payment(_)
            | State::Suspense(_)
            | State::StatementLine(_)
            | State::Settings(_),
        )
        | None => None,
    };
    Ok(streams.into_iter().filter_map(file_of).collect())
}

/// Streams as far as they can be read: what cannot is told of elsewhere.
pub(super) async fn states(
    scene: &mut Scene<'_>,
    streams: &[StreamKey],
) -> Result<BTreeMap<StreamKey, Arc<State>>, sqlx::Error> {
    let (book, upcasters) = (scene.ledger.book(), scene.ledger.upcasters());
    Ok(load::each(&mut *scene.conn, book, upcasters, streams).await?.states)
}
