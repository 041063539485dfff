//! One order as it is looked into: its state, its wallet, its old rows and both views of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::{OrderId, WalletId};
use domain::order::import::Imported;
use domain::order::{self, Facts};
use domain::{Event, State, StreamKey, wallet};
use eventstore::Version;
use sqlx::PgConnection;
use uuid::Uuid;

use super::InconsistencyError;
use crate::ledger::Ledger;
use crate::load::{self, Loaded};

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) order: OrderId,
    pub(crate) facts: Facts,
    /// What was taken over, if it was.
    pub(crate) imported: Option<Imported>,
    pub(crate) wallet: Option<wallet::Facts>,
    pub(crate) view: Option<View>,
}

/// The order as both views show it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct View {
    order_id: Uuid,
    pub(crate) customer_status: Option<String>,
    pub(crate) management_status: Option<String>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
}

/// Loads orders with all that is needed to judge them; ids of no order are left out, and so are orders
/// that cannot be read: those are quarantined, and found as such.
pub(crate) async fn load(
    conn: &mut PgConnection,
    ledger: &Ledger,
    orders: &[OrderId],
) -> Result<Vec<Case>, InconsistencyError> {
    let (book, upcasters) = (ledger.book(), ledger.upcasters());
    let streams: Vec<StreamKey> = orders.iter().copied().map(StreamKey::Order).collect();
    let states = readable(conn, ledger, &streams).await?;
    let facts: BTreeMap<OrderId, Facts> = states
        .iter()
        .filter_map(|(stream, state)| match (stream, &**state) {
            (StreamKey::Order(id), State::Order(order)) => Some((*id, order.facts()?.clone())),
            _ => None,
        })
        .collect();

    let taken_over: Vec<_> = facts
        .iter()
        .filter(|(_, facts)| facts.epoch.is_some())
        .map(|(id, _)| (load::stream_id(StreamKey::Order(*id)), Version::ZERO))
        .collect();
    let mut imported = BTreeMap::new();
    for (_, events) in eventstore::read::streams(conn, book, &taken_over).await? {
        let Some(first) = events.first() else { continue };
        if let Event::Order(order::Event::Imported(event)) = load::parse(upcasters, first)? {
            imported.insert(first.stream.aggregate_id.clone(), *event);
        }
    }

    let wallet_of = |facts: &Facts| WalletId::of(&facts.customer, facts.currency);
    let wallets: std::collections::BTreeSet<StreamKey> =
        facts.values().map(|facts| StreamKey::Wallet(wallet_of(facts))).collect();
    let wallets: Vec<StreamKey> = wallets.into_iter().collect();
    let wallets = readable(conn, ledger, &wallets).await?;
    let views = views(conn, ledger, orders).await?;

    let mut views = views;
    Ok(facts
        .into_iter()
        .map(|(order, facts)| {
            let wallet = wallets.get(&StreamKey::Wallet(wallet_of(&facts)));
            let wallet = wallet.and_then(|state| match &**state {
                State::Wallet(wallet) => wallet.facts().cloned(),
                State::Order(_)
                | State::Payment(_)
                | State::Suspense(_)
                | State::StatementLine(_)
                | State::ReceiptFile(_)
                | State::Settings(_) => None,
            });
            Case {
                order,
                imported: imported.remove(&order.uuid().to_string()),
                wallet,
                view: views.remove(&order.uuid()),
                facts,
            }
        })
        .collect())
}

/// The states of those streams that can be read to their end.
async fn readable(
    conn: &mut PgConnection,
    ledger: &Ledger,
    streams: &[StreamKey],
) -> Result<BTreeMap<StreamKey, Arc<State>>, sqlx::Error> {
    let loaded = load::each(conn, ledger.book(), ledger.upcasters(), streams).await?;
    let Loaded { mut states, unreadable } = loaded;
    for (stream, found) in unreadable {
        states.remove(&stream);
        ledger.quarantine().found(stream, found);
    }
    Ok(states)
}

async fn views(
    conn: &mut PgConnection,
    ledger: &Ledger,
    orders: &[OrderId],
) -> Result<BTreeMap<Uuid, View>, sqlx::Error> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    let views: Vec<View> = sqlx::query_as(include_str!("../sql/read_order_views.sql"))
        .bind(ledger.book())
        .bind(ids)
        .fetch_all(conn)
        .await?;
    Ok(views.into_iter().map(|view| (view.order_id, view)).collect())
}
