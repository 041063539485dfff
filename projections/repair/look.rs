//! The rows of a stream against what it folds to, both ways, in one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use eventstore::append::Call;
use eventstore::{Head, Position};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Outcome;
use super::fold::Folding;
use super::target::Target;
use crate::past::PastRow;
use crate::projection::{Maker, Projection, Rows};
use crate::row::Row as _;
use crate::timeline::{Timeline, TimelineEntry};
use crate::verify::rows::{live, select};
use crate::views::{Views, each_projection};

/// The rows of one view that are to be written anew.
pub(super) struct Wrong {
    pub(super) view: &'static str,
    pub(super) key: &'static [&'static str],
    /// Which, with the event that the row there names.
    pub(super) keys: Vec<(Option<Position>, Value)>,
    /// Adds those that ought to be there.
    pub(super) bind: Box<dyn FnOnce(Call) -> Call + Send>,
}

impl fmt::Debug for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { view, keys, .. } = self;
        formatter.debug_struct("Wrong").field("view", view).field("keys", keys).finish()
    }
}

/// What is wrong with the rows of a stream, unless they are better left alone.
pub(super) async fn look(
    conn: &mut PgConnection,
    head: &Head,
    target: &Target,
    mut folding: Folding,
) -> Result<Result<Vec<Wrong>, Outcome>, sqlx::Error> {
    let mut views = folding.finish(&mut *conn, head.book, head.uuid, &target.stream).await?;
    if let Some(doubt) = folding.doubt {
        return Ok(Err(Outcome::Doubtful(doubt)));
    }
    if let Some(quarantined) = folding.quarantined {
        return Ok(Err(Outcome::Quarantined(quarantined)));
    }
    let wrong = views.wrong(&mut *conn, head, target).await?;
    let told =
        wrong.iter().flat_map(|wrong| wrong.keys.iter().filter_map(|(position, _)| *position));
    let told: Vec<Position> =
        told.filter(|position| (1..=head.position.get()).contains(&position.get())).collect();
    // A row that was made by an event that is gone may be all that is left of it.
    let gone: Option<Position> = sqlx::query_scalar(include_str!("../sql/repair/find_gone.sql"))
        .bind(head.book)
        .bind(told)
        .fetch_one(conn)
        .await?;
    Ok(match gone {
        Some(position) => {
            Err(Outcome::Doubtful(format!("the event at position {position} is gone")))
        }
        None => Ok(wrong),
    })
}

macro_rules! define_wrong {
    ($($field:ident: $projection:ty,)+) => {
        impl Views {
            async fn wrong(
                &mut self,
                conn: &mut PgConnection,
                head: &Head,
                target: &Target,
            ) -> Result<Vec<Wrong>, sqlx::Error> {
                let mut all = Vec::new();
                $(if let Maker::Of { aggregate_type, column } = <$projection>::MAKER
                    && aggregate_type == target.stream.aggregate_type
                    && target.has(<$projection>::NAME)
                {
                    let folded = std::mem::take(&mut self.$field);
                    all.extend(of_view(conn, head, target, column, folded).await?);
                })+
                if target.has(Timeline::NAME) {
                    let folded = std::mem::take(&mut self.timeline);
                    all.extend(of_timeline(conn, head, target, folded).await?);
                }
                Ok(all)
            }
        }
    };
}

each_projection!(define_wrong);

async fn of_view<P: Projection>(
    conn: &mut PgConnection,
    head: &Head,
    target: &Target,
    column: &'static str,
    folded: Rows<P>,
) -> Result<Option<Wrong>, sqlx::Error>
where
    P::Row: 'static,
{
    let Some(generation) = live::<P>(head) else { return Ok(None) };
    let Ok(id) = target.stream.aggregate_id.parse::<Uuid>() else { return Ok(None) };
    let mut query = select::<P>(head, generation, None);
    query.push(format!(" and {column} = ")).push_bind(id);
    let stored = query.build_query_as().fetch_all(conn).await?;
    Ok(differing::<P>(folded.into_settled().collect(), stored))
}

async fn of_timeline(
    conn: &mut PgConnection,
    head: &Head,
    target: &Target,
    folded: Rows<Timeline>,
) -> Result<Option<Wrong>, sqlx::Error> {
    let Some(generation) = live::<Timeline>(head) else { return Ok(None) };
    let expected: BTreeMap<_, _> = folded.into_settled().collect();
    let keys: BTreeSet<(Uuid, Position)> =
        expected.keys().chain(&target.entries).copied().collect();
    let (orders, positions): (Vec<Uuid>, Vec<Position>) = keys.into_iter().unzip();
    let mut query = select::<Timeline>(head, generation, None);
    query.push(" and (order_id, position) in (select * from unnest(").push_bind(orders);
    query.push(", ").push_bind(positions).push("))");
    let stored: Vec<TimelineEntry> = query.build_query_as().fetch_all(conn).await?;
    Ok(differing::<Timeline>(expected, stored))
}

/// What is there and ought not to be so, and what ought to be there and is not.
fn differing<P: Projection>(
    mut expected: BTreeMap<P::Key, P::Row>,
    stored: Vec<P::Row>,
) -> Option<Wrong>
where
    P::Row: 'static,
{
    let mut keys = Vec::new();
    let mut rows: Vec<P::Row> = Vec::new();
    for row in stored {
        let told = Some(row.position());
        match expected.remove(&P::key(&row)) {
            Some(expected) if expected == row => {}
            Some(expected) => {
                keys.push((told, key_of::<P>(&expected)));
                rows.push(expected);
            }
            None => keys.push((told, key_of::<P>(&row))),
        }
    }
    for row in expected.into_values() {
        keys.push((None, key_of::<P>(&row)));
        rows.push(row);
    }
    (!keys.is_empty()).then(|| Wrong {
        view: P::NAME,
        key: P::KEY,
        keys,
        bind: Box::new(move |call| call.bind(rows)),
    })
}

fn key_of<P: Projection>(row: &P::Row) -> Value {
    PastRow::of::<P>(row).key.to_json()
}
