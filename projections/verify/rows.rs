//! The rows of a view against what their streams fold to, both ways, in one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use eventstore::{Generation, Head, Position};
use futures::TryStreamExt as _;
use serde_json::Value;
use sqlx::{FromRow as _, PgConnection, Postgres, QueryBuilder, Row as _};
use uuid::Uuid;

use super::finding::{Check, Finding, Findings};
use crate::past::PastRow;
use crate::projection::{Maker, Projection, Rows, select_list};
use crate::row::Row as _;
use crate::views::{Views, each_projection, fold_version, is_built};

/// Which streams' rows are compared.
#[derive(Debug, Clone)]
pub(super) enum Scope {
    /// All rows that name an id after the one and up to the other: also those of no stream.
    Between(Bound<Uuid>, Bound<Uuid>),
    These(Vec<Uuid>),
}

/// A part of the streams of one type.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) aggregate_type: &'static str,
    pub(super) scope: Scope,
    /// A long stream that began in an earlier part: its final rows up to here were compared then.
    pub(super) begun: Option<(Uuid, Position)>,
    /// The stream goes on: only its final rows up to here can be compared.
    pub(super) until: Option<Position>,
    /// Streams whose rows are compared with nothing.
    pub(super) quarantined: BTreeSet<Uuid>,
}

impl Part {
    /// Adds which rows are meant, as their maker's column and the position say.
    pub(super) fn restrict(
        &self,
        query: &mut QueryBuilder<Postgres>,
        column: &str,
        is_final: bool,
    ) {
        match &self.scope {
            Scope::Between(from, to) => {
                match from {
                    Bound::Included(from) => {
                        query.push(format!(" and {column} >= ")).push_bind(*from);
                    }
                    Bound::Excluded(from) => {
                        query.push(format!(" and {column} > ")).push_bind(*from);
                    }
                    Bound::Unbounded => {}
                }
                match to {
                    Bound::Included(to) => {
                        query.push(format!(" and {column} <= ")).push_bind(*to);
                    }
                    Bound::Excluded(to) => {
                        query.push(format!(" and {column} < ")).push_bind(*to);
                    }
                    Bound::Unbounded => {}
                }
            }
            Scope::These(ids) => {
                query.push(format!(" and {column} = any (")).push_bind(ids.clone()).push(")");
            }
        }
        if let (Some((stream, position)), true) = (self.begun, is_final) {
            query.push(format!(" and not ({column} = ")).push_bind(stream);
            query.push(" and position <= ").push_bind(position).push(")");
        }
        if let Some(until) = self.until {
            query.push(" and position <= ").push_bind(until);
        }
    }
}

macro_rules! define_compare {
    ($($field:ident: $projection:ty,)+) => {
        impl Views {
            /// Compares the views whose rows are made by streams of this type alone; says how many
            /// rows there are.
            pub(super) async fn compare(
                &mut self,
                conn: &mut PgConnection,
                head: &Head,
                part: &Part,
                findings: &mut Findings,
            ) -> Result<u64, sqlx::Error> {
                let mut rows = 0;
                $(if let Maker::Of { aggregate_type, column } = <$projection>::MAKER
                    && aggregate_type == part.aggregate_type
                {
                    let folded = std::mem::take(&mut self.$field);
                    rows += compare(conn, head, part, column, folded, findings).await?;
                })+
                Ok(rows)
            }
        }
    };
}

each_projection!(define_compare);

/// The generation that readers see, if it was filled by this build's fold: otherwise the set of live
/// projections is a finding of its own.
pub(crate) fn live<P: Projection>(head: &Head) -> Option<Generation> {
    let is_ours = |version| is_built::<P>() && version == fold_version::<P>();
    let live = head.projections.iter().find(|state| state.name == P::NAME)?;
    is_ours(live.fold_version).then_some(live.generation)
}

async fn compare<P: Projection>(
    conn: &mut PgConnection,
    head: &Head,
    part: &Part,
    column: &'static str,
    folded: Rows<P>,
    findings: &mut Findings,
) -> Result<u64, sqlx::Error> {
    let Some(generation) = live::<P>(head) else { return Ok(0) };
    if part.until.is_some() && !P::APPEND_ONLY {
        return Ok(0);
    }
    let mut query = select::<P>(head, generation, Some(column));
    part.restrict(&mut query, column, P::APPEND_ONLY);
    let mut expected: BTreeMap<P::Key, P::Row> = folded.into_settled().collect();
    let mut count = 0;
    let mut stored = query.build().fetch(conn);
    while let Some(row) = stored.try_next().await? {
        if part.quarantined.contains(&row.try_get("made_by")?) {
            continue;
        }
        count += 1;
        of_stored::<P>(&P::Row::from_row(&row)?, &mut expected, findings);
    }
    missing::<P>(&expected, findings);
    Ok(count)
}

/// What reads rows of a view, with the id of the stream that makes them.
pub(crate) fn select<P: Projection>(
    head: &Head,
    generation: Generation,
    column: Option<&str>,
) -> QueryBuilder<Postgres> {
    let list = select_list::<P>();
    let maker = column.map_or_else(String::new, |column| format!(", {column} as made_by"));
    let mut query = QueryBuilder::new(format!("select {list}{maker} from daftar.{} as t", P::NAME));
    query.push(" where book_id = ").push_bind(head.book);
    query.push(" and generation = ").push_bind(generation);
    query
}

/// Compares a row that is there with the one that is expected, and lets go of that.
pub(super) fn of_stored<P: Projection>(
    row: &P::Row,
    expected: &mut BTreeMap<P::Key, P::Row>,
    findings: &mut Findings,
) {
    match expected.remove(&P::key(row)) {
        None => findings.add(extra::<P>(row)),
        Some(expected) if expected == *row => {}
        Some(expected) => differ::<P>(&expected, row, findings),
    }
}

pub(super) fn extra<P: Projection>(row: &P::Row) -> Finding {
    of_row::<P>(Check::ExtraRow, row).found(whole::<P>(row)).at(row.position())
}

/// Names the rows that were expected and are not there.
pub(super) fn missing<P: Projection>(expected: &BTreeMap<P::Key, P::Row>, findings: &mut Findings) {
    for row in expected.values() {
        let finding = of_row::<P>(Check::MissingRow, row);
        findings.add(finding.expected(whole::<P>(row)).at(row.position()));
    }
}

fn differ<P: Projection>(expected: &P::Row, found: &P::Row, findings: &mut Findings) {
    let mut positions = vec![expected.position(), found.position()];
    positions.dedup();
    for (column, expected_value, found_value) in expected.differences(found) {
        findings.add(Finding {
            positions: positions.clone(),
            ..of_row::<P>(Check::Column, expected)
                .in_column(column)
                .expected(expected_value)
                .found(found_value)
        });
    }
}

fn of_row<P: Projection>(check: Check, row: &P::Row) -> Finding {
    Finding::new(check, PastRow::of::<P>(row).key.to_json()).of_view(P::NAME)
}

fn whole<P: Projection>(row: &P::Row) -> Value {
    PastRow::of::<P>(row).columns.to_json()
}
