//! What falls due when: the deadlines that a worker fires.
//!
//! A row names the event that set its deadline, so that whoever fires it names the firing after that
//! event, and two who fire at once do it once.

use chrono::{DateTime, Utc};
use domain::order::status::{Channel, Phase};
use domain::order::{Facts, Step};
use eventstore::{BookId, Position};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError, stored};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("deadlines");

/// The fold.
#[derive(Debug)]
pub struct Deadlines;

/// What happens when the time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The order expires, and gives back what it holds.
    Expire,
    /// The order is completed: nothing can be returned any more.
    Complete,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Expire, Self::Complete];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expire => "expire",
            Self::Complete => "complete",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// When it falls due for an order, if it does.
    fn due_at(self, facts: &Facts) -> Option<DateTime<Utc>> {
        match self {
            // Elsewhere, as on the way, the order never expires, and the row would stand for ever.
            Self::Expire => {
                facts.deadline.filter(|_| Step::Expire.phases().contains(&facts.phase()))
            }
            Self::Complete => facts.return_until.filter(|_| facts.phase() == Phase::Delivered),
        }
    }
}

/// Whoever pays at once needs no reminder: only transfers take days.
fn is_remindable(facts: &Facts) -> bool {
    facts.channel == Channel::BankTransfer && facts.reminded != facts.deadline
}

row! {
    /// A row of `deadlines`, or that there is none.
    "daftar.deadlines_row", Deadline {
        order_id: Uuid,
        kind: String,
        /// None when nothing falls due: then the row goes.
        due_at: Option<DateTime<Utc>>,
        /// The event that set it, by its place in the order's stream; of one that goes, the first that
        /// a batch knows it by.
        set_by: i64,
        position: Position,
        /// The customer is to be reminded of it, and was not yet.
        remindable: bool,
        /// It was something else before, in the same batch.
        is_anew: bool,
    }
}

impl Projection for Deadlines {
    const NAME: &'static str = "deadlines";
    const FOLD_VERSION: i32 = 1;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["order_id", "kind"];
    const MAKER: Maker = Maker::Of { aggregate_type: "order", column: "order_id" };
    const SUMS: &'static [&'static str] = &[];
    const TRANSIENT: &'static [&'static str] = &["is_anew"];
    type Key = (Uuid, String);
    type Row = Deadline;

    fn key(row: &Deadline) -> (Uuid, String) {
        (row.order_id, row.kind.clone())
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((order_id, _, facts)) = fact.order() else { return Ok(()) };
        for kind in Kind::ALL {
            rows.put(Deadline {
                order_id,
                kind: kind.as_str().to_owned(),
                due_at: kind.due_at(facts).map(stored),
                set_by: fact.version(),
                position: fact.position(),
                remindable: kind == Kind::Expire && is_remindable(facts),
                is_anew: false,
            });
        }
        Ok(())
    }

    /// A deadline that stays as it is was set by the event that set it first; one that goes is known
    /// by the first event that this batch folded.
    fn merge(before: &Deadline, after: Deadline) -> Deadline {
        if before.due_at == after.due_at {
            Deadline { remindable: after.remindable, ..before.clone() }
        } else if after.due_at.is_none() {
            Deadline { is_anew: true, set_by: before.set_by, ..after }
        } else {
            Deadline { is_anew: true, ..after }
        }
    }

    /// An order's first event finds no row, so that what goes again in the same batch never stood.
    fn is_written(row: &Deadline) -> bool {
        row.due_at.is_some() || row.set_by > 1
    }

    fn settle(row: Deadline) -> Option<Deadline> {
        row.due_at.is_some().then_some(Deadline { is_anew: false, ..row })
    }
}

/// A deadline as the one who fires it needs it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Due {
    pub order_id: Uuid,
    /// One of [`Kind`].
    pub kind: String,
    pub due_at: DateTime<Utc>,
    /// The event that set it, by its place in the order's stream.
    pub set_by: i64,
}

/// A deadline beside its order, for people.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DueOrder {
    pub order_id: Uuid,
    pub kind: String,
    pub due_at: DateTime<Utc>,
    pub set_by: i64,
    pub number: String,
    pub customer_id: String,
    pub phase: String,
}

/// The place of a deadline among all.
pub type Place = (DateTime<Utc>, Uuid, String);

/// What falls due next, in order of time, after this place.
pub async fn next(
    conn: &mut PgConnection,
    book: BookId,
    after: Option<Place>,
    size: u32,
) -> Result<At<Vec<Due>>, sqlx::Error> {
    let (due_at, order, kind) = unzip(after);
    let query = at::on(include_str!("deadlines/next.sql"), book)
        .bind(due_at)
        .bind(order)
        .bind(kind)
        .bind(at::limit(size));
    at::many(conn, query).await
}

/// What falls due after `now` and no later than `until`, and whose customers have not been reminded,
/// after this one.
pub async fn next_remindable(
    conn: &mut PgConnection,
    book: BookId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    size: u32,
) -> Result<At<Vec<Due>>, sqlx::Error> {
    let (due_at, order) = after.unzip();
    let query = at::on(include_str!("deadlines/next_remindable.sql"), book)
        .bind(now)
        .bind(until)
        .bind(due_at)
        .bind(order)
        .bind(at::limit(size));
    at::many(conn, query).await
}

/// Which deadlines a worklist shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what falls due before this time.
    pub before: Option<DateTime<Utc>>,
    /// Only those of these customers.
    pub customers: Option<Vec<String>>,
}

/// What falls due, the most overdue first, after the one that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    filter: Filter,
    after: Option<Place>,
    size: u32,
) -> Result<At<Vec<DueOrder>>, sqlx::Error> {
    let (due_at, order, kind) = unzip(after);
    let query = at::on(include_str!("deadlines/page.sql"), book)
        .bind(filter.before)
        .bind(filter.customers)
        .bind(due_at)
        .bind(order)
        .bind(kind)
        .bind(at::limit(size));
    at::many(conn, query).await
}

fn unzip(place: Option<Place>) -> (Option<DateTime<Utc>>, Option<Uuid>, Option<String>) {
    match place {
        Some((due_at, order, kind)) => (Some(due_at), Some(order), Some(kind)),
        None => (None, None, None),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn row(set_by: i64, is_due: bool) -> Deadline {
        Deadline {
            order_id: Uuid::nil(),
            kind: Kind::Expire.as_str().to_owned(),
            due_at: is_due.then_some(DateTime::UNIX_EPOCH),
            set_by,
            position: Position::new(set_by),
            remindable: false,
            is_anew: false,
        }
    }

    fn written(rows_of_a_batch: &[Deadline]) -> usize {
        let mut rows = Rows::<Deadlines>::default();
        for row in rows_of_a_batch {
            rows.put(row.clone());
        }
        rows.to_write().count()
    }

    #[test]
    fn the_end_of_a_deadline_is_written_where_it_may_stand() {
        assert_eq!(written(&[row(1, true)]), 1);
        assert_eq!(written(&[row(1, true), row(2, false)]), 0, "it never stood");
        assert_eq!(written(&[row(1, false), row(2, false)]), 0, "nor was it ever due");
        assert_eq!(written(&[row(2, false)]), 1);
        assert_eq!(written(&[row(2, true), row(3, false)]), 1, "an earlier batch may have set it");
    }
}
