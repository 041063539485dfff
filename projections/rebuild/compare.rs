//! The comparison of the new generations with the live ones, in the database: rows are named, and the
//! money of those that differ is summed.

use std::collections::BTreeMap;

use eventstore::{BookId, Generation, Head, Position, read_head};
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{Acquire, AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use super::build::{Build, Target};
use super::differences::{
    ColumnDifference, Differences, MoneyDifference, NAMED_MAX, RowChange, RowDifference,
    ViewDifferences,
};
use super::error::RebuildError;
use super::view::{self, View};
use crate::projection::Maker;

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Span<'a> {
    /// Everything but what was touched since the build's last event.
    Whole,
    /// What was touched after a position, but not since the build's last event.
    Since(Position),
    /// The same while the head is held; the timelines of these orders alone, since those of others
    /// would have to be looked for while writers wait.
    Held(Position, &'a [Uuid]),
}

impl Span<'_> {
    fn since(self) -> Position {
        match self {
            Self::Whole => Position::ZERO,
            Self::Since(since) | Self::Held(since, _) => since,
        }
    }
}

pub(super) async fn compare_in_snapshot(
    conn: &mut PgConnection,
    book: BookId,
    build: &Build,
    span: Span<'_>,
) -> Result<Differences, RebuildError> {
    let database = RebuildError::database(book);
    let mut tx = conn.begin().await.map_err(database)?;
    let found = async {
        for sql in [
            "set transaction isolation level repeatable read, read only",
            "set local work_mem = '64MB'",
        ] {
            sqlx::query(sql).execute(&mut *tx).await.map_err(database)?;
        }
        compare(&mut tx, book, build, span).await
    }
    .await;
    tx.rollback().await.map_err(database)?;
    found
}

/// Compares in the caller's snapshot, or under its lock.
pub(super) async fn compare(
    conn: &mut PgConnection,
    book: BookId,
    build: &Build,
    span: Span<'_>,
) -> Result<Differences, RebuildError> {
    let database = RebuildError::database(book);
    let head = read_head(conn, book).await?;
    let later = touched(conn, book, build.until, head.position).await.map_err(database)?;
    let ours = match span {
        Span::Whole => Touched::new(),
        Span::Since(since) | Span::Held(since, _) => {
            touched(conn, book, since, build.until).await.map_err(database)?
        }
    };
    let mut views = Vec::new();
    for view in view::choose(&build.names())? {
        let Some(query) = Query::new(&view, &head, build, span, &ours, &later) else { continue };
        views.push(query.differences(conn, book).await.map_err(database)?);
    }
    Ok(Differences { since: span.since(), until: build.until, views })
}

/// The streams that events stand in, by type.
type Touched = BTreeMap<String, Vec<Uuid>>;

async fn touched(
    conn: &mut PgConnection,
    book: BookId,
    after: Position,
    until: Position,
) -> Result<Touched, sqlx::Error> {
    let streams: Vec<(String, String)> =
        sqlx::query_as(include_str!("../sql/rebuild/find_touched.sql"))
            .bind(book)
            .bind(after)
            .bind(until)
            .fetch_all(conn)
            .await?;
    let mut touched = Touched::new();
    for (aggregate_type, id) in streams {
        if let Ok(id) = id.parse() {
            touched.entry(aggregate_type).or_default().push(id);
        }
    }
    Ok(touched)
}

/// The two generations of one view, and which of their rows are compared.
struct Query<'a> {
    view: &'a View,
    target: &'a Target,
    live: Generation,
    live_fold_version: i32,
    since: Position,
    until: Position,
    /// Rows of these alone, if any are named.
    ours: Vec<Uuid>,
    /// Rows of these not.
    later: Vec<Uuid>,
    /// What is said of the rows of both sides.
    scope: String,
}

impl<'a> Query<'a> {
    /// None for a view that readers do not see yet, and where no row can be meant.
    fn new(
        view: &'a View,
        head: &Head,
        build: &'a Build,
        span: Span<'_>,
        ours: &Touched,
        later: &Touched,
    ) -> Option<Self> {
        let target = build.targets.iter().find(|target| target.name == view.name)?;
        let live = head.projections.iter().find(|state| state.name == view.name)?;
        let of = |touched: &Touched, aggregate_type: &str| {
            touched.get(aggregate_type).cloned().unwrap_or_default()
        };
        let mut query = Self {
            view,
            target,
            live: live.generation,
            live_fold_version: live.fold_version,
            since: span.since(),
            until: build.until,
            ours: Vec::new(),
            later: Vec::new(),
            scope: String::new(),
        };
        // Rows that are only added belong to their event's position; others to all that their stream
        // went through.
        if view.is_append_only {
            query.scope = match span {
                // Such as stand where no event is, too: below the first, and above the last.
                Span::Whole => format!(
                    "(position <= $5 or not exists (
                        select from daftar.events as e
                         where e.book_id = $1 and e.position = {}.position))",
                    view.name,
                ),
                Span::Since(_) | Span::Held(..) => "position > $4 and position <= $5".to_owned(),
            };
        }
        match (view.maker, span) {
            (Maker::Of { aggregate_type, column }, _) => {
                query.later = of(later, aggregate_type);
                query.ours = of(ours, aggregate_type);
                if !view.is_append_only {
                    query.scope = format!("{column} <> all ($6)");
                }
                if !matches!(span, Span::Whole) {
                    if query.ours.is_empty() {
                        return None;
                    }
                    query.scope = format!("{} and {column} = any ($7)", query.scope);
                }
            }
            (Maker::Named, Span::Held(_, orders)) if view.key.first() == Some(&"order_id") => {
                query.ours = orders.to_vec();
                query.scope += " and order_id = any ($7)";
            }
            (Maker::Named, _) => {}
        }
        Some(query)
    }

    async fn differences(
        &self,
        conn: &mut PgConnection,
        book: BookId,
    ) -> Result<ViewDifferences, sqlx::Error> {
        let mut found = ViewDifferences {
            name: self.view.name.to_owned(),
            live: self.live,
            live_fold_version: self.live_fold_version,
            generation: self.target.generation,
            fold_version: self.target.fold_version,
            added: 0,
            gone: 0,
            changed: 0,
            rows: Vec::new(),
            money: Vec::new(),
        };
        for row in self.fetch(conn, book, self.count()).await? {
            self.add_counts(&mut found, &row)?;
        }
        if found.rows() == 0 {
            return Ok(found);
        }
        for row in self.fetch(conn, book, self.name()).await? {
            found.rows.push(self.row(&row)?);
        }
        if !found.money.is_empty() {
            for row in self.fetch(conn, book, self.sum()).await? {
                self.add_sums(&mut found.money, &row)?;
            }
        }
        Ok(found)
    }

    /// Every part of the text is a constant of this program.
    async fn fetch(
        &self,
        conn: &mut PgConnection,
        book: BookId,
        sql: String,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        sqlx::query(AssertSqlSafe(sql))
            .bind(book)
            .bind(self.live)
            .bind(self.target.generation)
            .bind(self.since)
            .bind(self.until)
            .bind(&self.later)
            .bind(&self.ours)
            .fetch_all(conn)
            .await
    }

    fn currency(&self, side: &str) -> String {
        if self.view.has("currency") { format!("{side}currency") } else { "null::text".to_owned() }
    }

    /// The rows of both sides that are not the same.
    fn differing(&self) -> String {
        let View { name, key, columns, .. } = self.view;
        let side = |generation: &str| {
            let scope = &self.scope;
            let columns = columns.join(", ");
            format!(
                "(select {columns} from daftar.{name}
                   where book_id = $1 and generation = {generation} and {scope})"
            )
        };
        let (live, built) = (side("$2"), side("$3"));
        let of = |side: &str| {
            let others = columns.iter().filter(|column| !key.contains(column));
            others.map(|column| format!("{side}.{column}")).collect::<Vec<_>>().join(", ")
        };
        let (live_columns, built_columns) = (of("l"), of("n"));
        let keys = key.join(", ");
        let first = key.first().copied().unwrap_or_default();
        format!(
            "from {live} as l full join {built} as n using ({keys})
              where l.{first} is null or n.{first} is null
                 or row({live_columns}) is distinct from row({built_columns})"
        )
    }

    /// By currency: how many rows come, go and change, and in how many each amount does.
    fn count(&self) -> String {
        let first = self.view.key.first().copied().unwrap_or_default();
        let (live, built) = (self.currency("l."), self.currency("n."));
        let moves = |column: &&str| {
            format!(
                ", count(*) filter (where coalesce(l.{column}, 0) <> coalesce(n.{column}, 0)
                    or {live} <> {built} and coalesce(l.{column}, 0) <> 0) as \"{column}\""
            )
        };
        let money: String = self.view.money.iter().map(moves).collect();
        let differing = self.differing();
        format!(
            "select coalesce({built}, {live}, '') as currency,
                    count(*) filter (where l.{first} is null) as added,
                    count(*) filter (where n.{first} is null) as gone,
                    count(*) as differing{money}
             {differing} group by 1 order by 1"
        )
    }

    fn add_counts(&self, found: &mut ViewDifferences, row: &PgRow) -> Result<(), sqlx::Error> {
        let count = |column: &str| -> Result<u64, sqlx::Error> {
            Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
        };
        let (added, gone) = (count("added")?, count("gone")?);
        found.added += added;
        found.gone += gone;
        found.changed += count("differing")? - added - gone;
        let currency: String = row.try_get("currency")?;
        for column in &self.view.money {
            let rows = count(column)?;
            if rows > 0 {
                found.money.push(MoneyDifference {
                    column: (*column).to_owned(),
                    currency: currency.clone(),
                    before: Decimal::ZERO,
                    after: Decimal::ZERO,
                    rows,
                });
            }
        }
        Ok(())
    }

    /// The first of the rows that differ, whole.
    fn name(&self) -> String {
        let keys = self.view.key.join(", ");
        let differing = self.differing();
        let whole = |side: &str| {
            let first = self.view.key.first().copied().unwrap_or_default();
            format!(
                "case when {side}.{first} is not null then
                   (select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb({side}))) end"
            )
        };
        let (live, built) = (whole("l"), whole("n"));
        format!(
            "select {live} as before, {built} as after {differing}
              order by {keys} limit {NAMED_MAX}"
        )
    }

    fn row(&self, row: &PgRow) -> Result<RowDifference, sqlx::Error> {
        type Columns = BTreeMap<String, Option<String>>;
        let side = |column: &str| -> Result<Option<Columns>, sqlx::Error> {
            Ok(row.try_get::<Option<Json<Columns>>, _>(column)?.map(|Json(columns)| columns))
        };
        let (before, after) = (side("before")?, side("after")?);
        let kind = match (&before, &after) {
            (None, _) => RowChange::Added,
            (_, None) => RowChange::Gone,
            (Some(_), Some(_)) => RowChange::Changed,
        };
        let value = |side: &Option<Columns>, column: &str| {
            let text = side.as_ref().and_then(|columns| columns.get(column).cloned().flatten());
            text.map(|text| self.spelled(column, text))
        };
        let key = self.view.key.iter().map(|column| {
            let text = value(&after, column).or_else(|| value(&before, column));
            ((*column).to_owned(), text.unwrap_or_default())
        });
        let key = key.collect();
        let mut columns = Vec::new();
        for column in self.view.columns.iter().filter(|column| !self.view.key.contains(column)) {
            let (before, after) = (value(&before, column), value(&after, column));
            if before != after {
                columns.push(ColumnDifference { column: (*column).to_owned(), before, after });
            }
        }
        Ok(RowDifference { kind, key, columns })
    }

    /// Amounts in their one spelling: a column pads its decimals with zeros.
    fn spelled(&self, column: &str, text: String) -> String {
        if !self.view.money.contains(&column) {
            return text;
        }
        match text.parse::<Decimal>() {
            Ok(amount) => amount.normalize().to_string(),
            Err(_) => text,
        }
    }

    /// By currency: what each amount comes to, on both sides.
    fn sum(&self) -> String {
        let currency = self.currency("");
        let sums = |column: &&str| {
            format!(
                ", sum({column}) filter (where generation = $2) as \"before_{column}\"\
                     , sum({column}) filter (where generation = $3) as \"after_{column}\""
            )
        };
        let sums: String = self.view.money.iter().map(sums).collect();
        let (name, scope) = (self.view.name, &self.scope);
        format!(
            "select coalesce({currency}, '') as currency{sums}
               from daftar.{name}
              where book_id = $1 and generation in ($2, $3) and {scope}
              group by 1 order by 1"
        )
    }

    fn add_sums(&self, money: &mut Vec<MoneyDifference>, row: &PgRow) -> Result<(), sqlx::Error> {
        let currency: String = row.try_get("currency")?;
        for column in &self.view.money {
            let sum = |side: &str| -> Result<Decimal, sqlx::Error> {
                let sum: Option<Decimal> = row.try_get(format!("{side}_{column}").as_str())?;
                Ok(sum.unwrap_or_default().normalize())
            };
            let (before, after) = (sum("before")?, sum("after")?);
            let is_it =
                |one: &&mut MoneyDifference| one.column == *column && one.currency == currency;
            match money.iter_mut().find(is_it) {
                Some(one) => (one.before, one.after) = (before, after),
                // Rows that changed their currency are counted in the one that they would have.
                None if before != after => money.push(MoneyDifference {
                    column: (*column).to_owned(),
                    currency: currency.clone(),
                    before,
                    after,
                    rows: 0,
                }),
                None => {}
            }
        }
        Ok(())
    }
}
