//! Every row of a view against the fold of the events, both ways.

use std::collections::BTreeMap;

use eventstore::Head;
use futures::TryStreamExt as _;
use sqlx::{FromRow as _, PgConnection};

use super::finding::{Check, Finding, Findings};
use crate::progress::{Progress, Told};
use crate::projection::{Projection, Rows};
use crate::row::Row as _;
use crate::views::{Views, each_projection};

macro_rules! define_compare {
    ($($field:ident: $projection:ty,)+) => {
        impl Views {
            /// Compares all views with what the events fold to; says how many rows there are.
            pub(super) async fn compare(
                self,
                conn: &mut PgConnection,
                head: &Head,
                findings: &mut Findings,
                told: Told<'_>,
            ) -> Result<u64, sqlx::Error> {
                let mut rows = 0;
                $(rows += compare::<$projection>(conn, head, self.$field, findings, told).await?;)+
                Ok(rows)
            }
        }
    };
}

each_projection!(define_compare);

async fn compare<P: Projection>(
    conn: &mut PgConnection,
    head: &Head,
    folded: Rows<P>,
    findings: &mut Findings,
    told: Told<'_>,
) -> Result<u64, sqlx::Error> {
    let live = head.projections.iter().find(|state| state.name == P::NAME);
    // Filled by another fold: the set of live projections is a finding of its own.
    let Some(live) = live.filter(|state| state.fold_version == P::FOLD_VERSION) else {
        return Ok(0);
    };
    let mut expected: BTreeMap<P::Key, P::Row> = folded.into_settled().collect();
    let mut count = 0;
    let mut stored = sqlx::query(P::SQL.read_all).bind(head.book).bind(live.generation).fetch(conn);
    while let Some(row) = stored.try_next().await? {
        let row = P::Row::from_row(&row)?;
        count += 1;
        match expected.remove(&P::key(&row)) {
            None => findings.add(Finding {
                found: Some(whole(&row)),
                positions: vec![row.position()],
                ..of_row::<P>(Check::ExtraRow, &row)
            }),
            Some(expected) if expected == row => {}
            Some(expected) => differ::<P>(&expected, &row, findings),
        }
    }
    for row in expected.values() {
        findings.add(Finding {
            expected: Some(whole(row)),
            positions: vec![row.position()],
            ..of_row::<P>(Check::MissingRow, row)
        });
    }
    told(Progress::Compared { projection: P::NAME, rows: count });
    Ok(count)
}

fn differ<P: Projection>(expected: &P::Row, found: &P::Row, findings: &mut Findings) {
    let mut positions = vec![expected.position(), found.position()];
    positions.dedup();
    for (column, expected_value, found_value) in expected.differences(found) {
        findings.add(Finding {
            column: Some(column),
            expected: Some(expected_value),
            found: Some(found_value),
            positions: positions.clone(),
            ..of_row::<P>(Check::Column, expected)
        });
    }
}

fn of_row<P: Projection>(check: Check, row: &P::Row) -> Finding {
    Finding { projection: Some(P::NAME), ..Finding::new(check, format!("{:?}", P::key(row))) }
}

fn whole(row: &impl crate::row::Row) -> String {
    let columns: Vec<_> =
        row.columns().into_iter().map(|(column, value)| format!("{column} {value}")).collect();
    columns.join(", ")
}
