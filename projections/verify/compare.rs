//! Every row of a view against the fold of the events, both ways.

use std::collections::BTreeMap;

use eventstore::Head;
use futures::TryStreamExt as _;
use sqlx::{FromRow as _, PgConnection};

use super::finding::{Check, Finding, Findings};
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
            ) -> Result<u64, sqlx::Error> {
                let mut rows = 0;
                $(rows += compare::<$projection>(conn, head, self.$field, findings).await?;)+
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
            None => findings.add(
                of_row::<P>(Check::ExtraRow, &row).found(whole(&row)).at(row.position()),
            ),
            Some(expected) if expected == row => {}
            Some(expected) => differ::<P>(&expected, &row, findings),
        }
    }
    for row in expected.values() {
        let finding = of_row::<P>(Check::MissingRow, row);
        findings.add(finding.expected(whole(row)).at(row.position()));
    }
    Ok(count)
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
    Finding::new(check, format!("{:?}", P::key(row))).of_view(P::NAME)
}

fn whole(row: &impl crate::row::Row) -> String {
    let columns: Vec<_> =
        row.columns().into_iter().map(|(column, value)| format!("{column} {value}")).collect();
    columns.join(", ")
}
