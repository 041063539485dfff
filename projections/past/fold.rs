//! Streams folded as they are read, and the rows that they leave, of whatever view.

use std::ops::ControlFlow;

use domain::StreamKey;
use eventstore::{BookId, Position, RecordedEvent, StreamId, Version, read};
use sqlx::PgConnection;

use crate::journal_lines::JournalLine;
use crate::past::row::{Change, PastRow};
use crate::past::totals::Totals;
use crate::projection::{Maker, Projection, Rows};
use crate::replay::{Replay, upcasters};
use crate::row::Row as _;
use crate::views::{Views, each_projection};
use crate::whole::Quarantined;

/// How many events of one stream are read at a time.
const PIECE: u32 = 2_000;

/// Folds one stream after the other.
#[derive(Debug)]
pub(super) struct Folding {
    replay: Replay,
    views: Views,
    is_broken: bool,
}

impl Folding {
    pub(super) fn new() -> Self {
        Self { replay: Replay::new(upcasters()), views: Views::default(), is_broken: false }
    }

    /// Takes the stream's next event. One that cannot be followed ends what is known of the stream:
    /// its final rows up to there stay.
    pub(super) fn apply(&mut self, recorded: &RecordedEvent) -> Option<Quarantined> {
        if self.is_broken {
            return None;
        }
        let error = self.replay.apply(recorded, &mut self.views).err()?;
        self.is_broken = true;
        self.views.keep_final(recorded.position);
        Some(Quarantined::new(recorded, &error))
    }

    /// The rows that are final already.
    pub(super) fn take_final(&mut self) -> Views {
        let mut taken = Views::default();
        self.views.move_final(&mut taken);
        taken
    }

    /// What can still change, as it is now.
    pub(super) fn unsettled(&self) -> Views {
        self.views.clone()
    }

    /// The stream as it was folded so far.
    pub(super) fn state(&self, stream: StreamKey) -> Option<&domain::State> {
        self.replay.state(stream)
    }

    /// The stream ends: what is left of its rows. The next one may begin.
    pub(super) fn finish(&mut self) -> Views {
        self.replay.forget();
        self.is_broken = false;
        std::mem::take(&mut self.views)
    }
}

/// Reads one stream up to a position, piece by piece.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    book: BookId,
    stream: &'a StreamId,
    until: Position,
    after: Option<Version>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(book: BookId, stream: &'a StreamId, until: Position) -> Self {
        Self { book, stream, until, after: Some(Version::ZERO) }
    }

    pub(super) async fn next(
        &mut self,
        conn: &mut PgConnection,
    ) -> Result<Option<Vec<RecordedEvent>>, sqlx::Error> {
        let Some(after) = self.after else { return Ok(None) };
        let mut events = read::stream_page(conn, self.book, self.stream, after, PIECE).await?;
        let is_full = u32::try_from(events.len()).is_ok_and(|length| length == PIECE);
        events.retain(|event| event.position <= self.until);
        let goes_on = is_full && u32::try_from(events.len()).is_ok_and(|length| length == PIECE);
        self.after = events.last().filter(|_| goes_on).map(|last| last.version);
        Ok((!events.is_empty()).then_some(events))
    }
}

/// Which views' rows are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    All,
    One(&'static str),
    Some(&'static [&'static str]),
}

impl Wanted {
    pub(super) fn has(self, view: &str) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == view,
            Self::Some(views) => views.contains(&view),
        }
    }
}

macro_rules! define_past {
    ($($field:ident: $projection:ty,)+) => {
        /// The names of all views.
        pub const NAMES: &[&str] = &[$(<$projection>::NAME),+];

        fn maker(view: &str) -> Option<Maker> {
            $(if view == <$projection>::NAME {
                return Some(<$projection>::MAKER);
            })+
            None
        }

        impl Views {
            /// Hands out the rows, view after view, each in order of its keys.
            pub(super) fn give(
                self,
                wanted: Wanted,
                give: &mut dyn FnMut(PastRow) -> ControlFlow<()>,
            ) -> ControlFlow<()> {
                $(if wanted.has(<$projection>::NAME) {
                    for (_, row) in self.$field.into_settled() {
                        give(PastRow::of::<$projection>(&row))?;
                    }
                })+
                ControlFlow::Continue(())
            }

            /// Keeps nothing but the final rows of events before a position.
            fn keep_final(&mut self, before: Position) {
                $(let rows = std::mem::take(&mut self.$field);
                if <$projection>::APPEND_ONLY {
                    for (_, row) in rows.into_settled() {
                        if row.position() < before {
                            self.$field.put(row);
                        }
                    }
                })+
            }

            /// Hands out what became of the rows that were these, view after view.
            pub(super) fn give_changes(
                self,
                after: Self,
                wanted: Wanted,
                give: &mut dyn FnMut(Change) -> ControlFlow<()>,
            ) -> ControlFlow<()> {
                $(if wanted.has(<$projection>::NAME) {
                    changes::<$projection>(self.$field, after.$field, give)?;
                })+
                ControlFlow::Continue(())
            }

            /// Adds the rows to the sums of a book.
            pub(super) fn sum(self, totals: &mut Totals) {
                for JournalLine { account, currency, side, amount, .. } in self.journal_lines.iter() {
                    totals.post(account, currency, side, *amount);
                }
                $(for (_, row) in self.$field.into_settled() {
                    let money = row.money().into_iter();
                    let summed = money.filter(|(column, _)| <$projection>::SUMS.contains(column));
                    totals.add(<$projection>::NAME, row.text("currency"), summed);
                })+
            }
        }
    };
}

each_projection!(define_past);

fn changes<P: Projection>(
    before: Rows<P>,
    after: Rows<P>,
    give: &mut dyn FnMut(Change) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut before = before.into_settled().peekable();
    let mut after = after.into_settled().peekable();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return ControlFlow::Continue(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((was, _)), Some((is, _))) => was.cmp(is),
        };
        let was = if order.is_le() { before.next() } else { None };
        let is = if order.is_ge() { after.next() } else { None };
        let shown = |row: Option<(P::Key, P::Row)>| row.map(|(_, row)| PastRow::of::<P>(&row));
        if let Some(change) = Change::between(shown(was), shown(is)) {
            give(change)?;
        }
    }
}

/// The view of this name, if there is one.
pub fn view_named(name: &str) -> Option<&'static str> {
    NAMES.iter().copied().find(|known| *known == name)
}

/// The types of streams that make a view's rows.
pub(super) fn types_of(view: &str) -> Vec<&'static str> {
    match maker(view) {
        Some(Maker::Of { aggregate_type, .. }) => vec![aggregate_type],
        Some(Maker::Named) | None => StreamKey::AGGREGATE_TYPES.to_vec(),
    }
}

/// Whether a view's rows are made by streams of several types, and so come in order of position.
pub(super) fn is_in_order(view: &str) -> bool {
    !matches!(maker(view), Some(Maker::Of { .. }))
}
