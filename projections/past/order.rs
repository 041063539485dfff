//! One order as it was: its rows in every view, and what happened to it in other streams.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use domain::id::{OrderId, ReceiptFileId, WalletId};
use domain::order::{Event as OrderEvent, Order, Source};
use domain::{Event, State, StreamKey};
use eventstore::{BookId, Position, StreamId};
use serde_json::Value;
use sqlx::PgConnection;

use crate::past::fold::{Folding, NAMES, Pieces, Wanted};
use crate::past::row::{Change, PastRow};
use crate::projection::Projection;
use crate::replay::{decode, upcasters};
use crate::timeline::Timeline;
use crate::whole::Quarantined;

/// All that the views held of an order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Story {
    /// View by view, each in order: its own rows, and of its customer's wallet, its payments and its
    /// receipts' files what names it: lines, postings and steps of its timeline.
    pub rows: Vec<PastRow>,
    pub quarantined: Vec<Quarantined>,
}

impl Story {
    /// The customer whose order it was; none before it was placed.
    pub fn customer(&self) -> Option<&str> {
        let row = self.rows.iter().find(|row| row.view == "customer_orders")?;
        row.columns.text("customer_id")
    }

    fn sort(&mut self) {
        let rank = |view: &str| NAMES.iter().position(|name| *name == view);
        self.rows.sort_by_key(|row| (rank(row.view), row.position, text(row)));
    }
}

/// What tells two rows of one view and one event apart.
fn text(row: &PastRow) -> Vec<String> {
    let order = |value: &Value| match value {
        Value::Number(number) => format!("{number:0>20}"),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_)) => other.to_string(),
    };
    row.key.0.iter().map(|(_, value)| order(value)).collect()
}

fn stream_id(stream: StreamKey) -> StreamId {
    StreamId::new(stream.aggregate_type(), stream.aggregate_id().to_string())
}

/// An order as it was; without rows if it was not there.
pub async fn order(
    conn: &mut PgConnection,
    book: BookId,
    order: OrderId,
    until: Position,
) -> Result<Story, sqlx::Error> {
    let mut story = Story::default();
    let mut streams = BTreeSet::new();
    let mut folding = Folding::new();
    let (key, upcasters) = (StreamKey::Order(order), upcasters());
    let id = stream_id(key);
    let mut pieces = Pieces::new(book, &id, until);
    while let Some(events) = pieces.next(conn).await? {
        for recorded in &events {
            story.quarantined.extend(folding.apply(recorded));
            if let Ok((_, Event::Order(event))) = decode(recorded, &upcasters) {
                streams.extend(named(&event));
            }
            if let Some(State::Order(Order::Placed(facts))) = folding.state(key) {
                streams.insert(StreamKey::Wallet(WalletId::of(&facts.customer, facts.currency)));
            }
        }
    }
    let mut take = |row| {
        story.rows.push(row);
        ControlFlow::Continue(())
    };
    let _: ControlFlow<()> = folding.finish().give(Wanted::All, &mut take);
    for stream in streams {
        elsewhere(conn, book, (order, stream), until, &mut story).await?;
    }
    story.sort();
    Ok(story)
}

/// The streams in which something happened to the order when this did.
#[expect(clippy::wildcard_enum_match_arm, reason = "all else happens in the order's stream alone")]
fn named(event: &OrderEvent) -> Option<StreamKey> {
    match event {
        OrderEvent::PaymentReceived { source: Source::Payment(payment), .. }
        | OrderEvent::PaymentTakenBack { payment, .. } => Some(StreamKey::Payment(*payment)),
        OrderEvent::ReceiptUploaded(receipt) => {
            let file = receipt.file.as_ref()?;
            Some(StreamKey::ReceiptFile(ReceiptFileId::of(file.as_str())))
        }
        _ => None,
    }
}

/// What happened to the order in another stream: final rows, at the positions of its timeline.
async fn elsewhere(
    conn: &mut PgConnection,
    book: BookId,
    (order, stream): (OrderId, StreamKey),
    until: Position,
    story: &mut Story,
) -> Result<(), sqlx::Error> {
    let order = Value::String(order.to_string());
    let id = stream_id(stream);
    let mut folding = Folding::new();
    let mut pieces = Pieces::new(book, &id, until);
    while let Some(events) = pieces.next(conn).await? {
        for recorded in &events {
            story.quarantined.extend(folding.apply(recorded));
        }
        let (mut rows, mut steps) = (Vec::new(), BTreeSet::new());
        let _: ControlFlow<()> = folding.take_final().give(Wanted::All, &mut |row| {
            if row.view != Timeline::NAME {
                rows.push(row);
            } else if row.key.get("order_id") == Some(&order) {
                steps.insert(row.position);
                rows.push(row);
            }
            ControlFlow::Continue(())
        });
        rows.retain(|row| steps.contains(&row.position));
        story.rows.extend(rows);
    }
    Ok(())
}

/// What changed of an order between two positions.
pub async fn story_changes(
    conn: &mut PgConnection,
    book: BookId,
    order: OrderId,
    (since, until): (Position, Position),
) -> Result<(Vec<Change>, Vec<Quarantined>), sqlx::Error> {
    let before = self::order(conn, book, order, since).await?;
    let after = self::order(conn, book, order, until).await?;
    let key = |row: &PastRow| {
        let rank = NAMES.iter().position(|name| *name == row.view);
        (rank, text(row))
    };
    let mut was: BTreeMap<_, _> = before.rows.into_iter().map(|row| (key(&row), row)).collect();
    let mut changes = Vec::new();
    for row in after.rows {
        changes.extend(Change::between(was.remove(&key(&row)), Some(row)));
    }
    let gone = was.into_values().map(|row| Change { before: Some(row), after: None });
    changes.extend(gone);
    Ok((changes, after.quarantined))
}
