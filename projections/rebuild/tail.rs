//! What was appended since a rebuild began, folded in order of position, as the append does it.

use domain::StreamKey;
use domain::id::OrderId;
use eventstore::{BookId, Generation, Position, RecordedEvent, read, read_end};
use sqlx::PgConnection;
use uuid::Uuid;

use super::build::Build;
use super::error::RebuildError;
use super::fill::stream_types;
use super::journal;
use super::load::Load;
use super::states::States;
use super::step::{Write, step};
use super::view::View;
use crate::keeper::Keeper;
use crate::projection::Maker;
use crate::replay::{decode, upcasters};
use crate::timeline::order_of;
use crate::views::Views;
use crate::whole::Quarantined;

/// So few events are left to the switch, while writers wait.
pub(super) const FEW: i64 = 64;

/// How many events are folded at a time.
const PAGE_SIZE: u32 = 1_000;

/// How often what is left may be no less than before.
const ROUNDS_IN_VAIN: u32 = 3;

/// What a page of the tail folds to.
pub(super) struct Tail {
    pub(super) views: Views,
    /// The orders that its events tell of.
    pub(super) orders: Vec<Uuid>,
    pub(super) aside: Aside,
}

/// The events of streams that are set aside: their rows are carried over.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Of those that can be read, with the order that they tell of.
    pub(super) told: Vec<(Position, Option<Uuid>)>,
    /// Whether one cannot be read: what it tells of can only be looked for in all rows.
    pub(super) is_unreadable: bool,
}

impl Aside {
    fn add(&mut self, event: &RecordedEvent) {
        match decode(event, &upcasters()) {
            Ok((stream, told)) => {
                let order = order_of(stream, &told).map(OrderId::uuid);
                self.told.push((event.position, order));
            }
            Err(_) => self.is_unreadable = true,
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.told.extend(other.told);
        self.is_unreadable |= other.is_unreadable;
    }
}

/// Folds what was appended until no more than `few` events are left, or it stops becoming less.
#[expect(
    clippy::too_many_arguments,
    reason = "what a rebuild holds while it goes on, part by part"
)]
pub(super) async fn catch_up<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    views: &[View],
    states: &mut States,
    journal: Option<Generation>,
    few: i64,
    keeper: &mut K,
) -> Result<(), RebuildError> {
    let mut least = i64::MAX;
    let mut in_vain = 0;
    loop {
        let (end, _) = read_end(conn, book).await?;
        let left = end.get() - build.until.get();
        if left <= few {
            return Ok(());
        }
        if left >= least {
            in_vain += 1;
        }
        if in_vain == ROUNDS_IN_VAIN {
            return Ok(());
        }
        least = least.min(left);
        while build.until < end {
            let mut next = build.clone();
            let tail = fold_page(conn, book, &mut next, views, states, journal).await?;
            journal::require_few_changes(&next)?;
            let write = Write::Rows(Box::new(tail.views), Load::Tail);
            step(conn, book, build, next, write, keeper).await?;
        }
    }
}

/// Folds the next page into rows; `next` says what it was.
pub(super) async fn fold_page(
    conn: &mut PgConnection,
    book: BookId,
    next: &mut Build,
    views: &[View],
    states: &mut States,
    journal: Option<Generation>,
) -> Result<Tail, RebuildError> {
    let database = RebuildError::database(book);
    let page = read::after(conn, book, next.until, PAGE_SIZE).await.map_err(database)?;
    let mut folded = Views::default();
    let mut orders = Vec::new();
    let mut aside = Aside::default();
    let Some(last) = page.last() else { return Ok(Tail { views: folded, orders, aside }) };
    let types = stream_types(views);
    let names_streams = views.iter().any(|view| view.maker == Maker::Named);
    let makes_rows = |event: &&RecordedEvent| {
        let aggregate_type = &*event.stream.aggregate_type;
        let is_unknown = !StreamKey::AGGREGATE_TYPES.contains(&aggregate_type);
        types.contains(&aggregate_type) || names_streams && is_unknown
    };
    let events: Vec<&RecordedEvent> = page.iter().filter(makes_rows).collect();
    for found in states.prepare(conn, book, next.until, &events).await.map_err(database)? {
        next.quarantine(found)?;
    }
    for event in &events {
        if next.is_quarantined(&event.stream) {
            next.touch_quarantined(&event.stream);
            aside.add(event);
            continue;
        }
        match states.fold(event, &mut folded) {
            Ok(order) => orders.extend(order),
            Err(error) => next.quarantine(Quarantined::new(event, &error))?,
        }
    }
    next.until = last.position;
    if let Some(live) = journal {
        let positions = events.iter().map(|event| (event.position, &event.stream));
        journal::compare(conn, book, live, next, &folded.journal_lines, positions)
            .await
            .map_err(database)?;
    }
    Ok(Tail { views: folded, orders, aside })
}
