//! `GET /api/audit/replay`: the whole book as it was, in sums, folded from the events.

use std::time::Duration;

use axum::body::{Body as Stream, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger::as_of::Moment;
use ledger::queries::QueryError;
use ledger::replay::{self, At};
use projections::past::{NAMES, Summary, Summing};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::app::App;
use crate::as_of::AsOf;
use crate::caller::Caller;
use crate::command::POSITION;
use crate::extract::Search;
use crate::problem::Problem;
use crate::reader::{Reader, Reading};
use crate::scope::REPLAY;
use crate::wire::money::Stored;
use crate::wire::replay::{Account, Broken, Place};
use crate::wire::reply::ProblemReply;

pub(in crate::routes) mod diff;
pub(in crate::routes) mod order;
pub(in crate::routes) mod view;
pub(in crate::routes) mod wallet;

/// How many events a page reads before it ends with fewer rows than it may have.
const EVENTS_MAX: u64 = 20_000;
/// How often whoever waits for a long book hears that it goes on.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// The book's rows and money, view by view, and its trial balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplaySummary)]
pub(crate) struct Body {
    at: Place,
    /// How many events were folded.
    events: u64,
    views: Vec<View>,
    accounts: Vec<Account>,
    /// Debits less credits of all accounts, one a currency: zero.
    differences: Vec<Stored>,
    /// Streams that cannot be followed. Of these only final rows are counted.
    quarantined: Vec<Broken>,
    position: i64,
}

/// A view in sums.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayView)]
struct View {
    name: &'static str,
    rows: u64,
    money: Vec<Money>,
}

/// The sum of a column.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayMoney)]
struct Money {
    column: &'static str,
    sum: Stored,
}

impl Body {
    fn of(at: &At, summary: Summary) -> Self {
        let Summary { events, totals, quarantined } = summary;
        let view = |name: &&'static str| {
            let of_view = totals.money().filter(|total| total.view == *name);
            let money = of_view.map(|total| Money {
                column: total.column,
                sum: Stored::new(total.after, &total.currency),
            });
            View { name, rows: totals.rows(name), money: money.collect() }
        };
        let differences = totals.differences();
        Self {
            at: Place::from(at),
            events,
            views: NAMES.iter().map(view).collect(),
            accounts: totals.accounts().into_iter().map(Account::from).collect(),
            differences: differences.iter().map(|(one, net)| Stored::new(*net, one)).collect(),
            quarantined: quarantined.into_iter().map(Broken::from).collect(),
            position: at.position.get(),
        }
    }
}

/// The whole book as it was, in sums: folded from the events, and never read from a view.
///
/// A long book takes a while: the reply begins at once, with a line break a second until it is there.
/// One that breaks off is no JSON.
#[utoipa::path(
    get,
    path = "/api/audit/replay",
    tag = "audit",
    operation_id = "replay_book",
    params(AsOf),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REPLAY }>,
    reader: Reader,
    Search(query): Search<AsOf>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("book")?;
    let at = at(&app, query.moment()?).await?;
    let reading = reader.begin(&app, REPLAY)?;
    let summing = Summing::new(app.ledger.book(), at.position);
    let work = Work { app, reading, summing, at };
    let pieces = futures::stream::try_unfold(Some(work), Work::go_on);
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (POSITION, at.cursor().to_string()),
    ];
    Ok((headers, Stream::from_stream(pieces)).into_response())
}

/// The place that is shown.
async fn at(app: &App, moment: Option<Moment>) -> Result<At, Problem> {
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    Ok(replay::at(&mut conn, &app.ledger, moment).await?)
}

/// Why a reply breaks off.
#[derive(Debug, thiserror::Error)]
enum WorkError {
    #[error("the replay was ended")]
    Ended,
    #[error("the log cannot be read on")]
    Read(#[from] QueryError),
    #[error("what was found cannot be shown")]
    Json(#[from] serde_json::Error),
}

struct Work {
    app: App,
    reading: Reading,
    summing: Summing,
    at: At,
}

impl Work {
    /// Sums up until it is done or somebody has waited for a second.
    async fn go_on(work: Option<Self>) -> Result<Option<(Bytes, Option<Self>)>, WorkError> {
        let Some(mut work) = work else { return Ok(None) };
        let begun = Instant::now();
        loop {
            if !work.reading.goes_on().await {
                return Err(WorkError::Ended);
            }
            // Between two pieces the connection is anybody's.
            let conn = work.app.ledger.pool().acquire().await;
            let mut conn = conn.map_err(QueryError::from)?;
            let goes_on = work.summing.step(&mut conn).await.map_err(QueryError::from)?;
            drop(conn);
            if !goes_on {
                let body = Body::of(&work.at, work.summing.done());
                return Ok(Some((serde_json::to_vec(&body)?.into(), None)));
            }
            if begun.elapsed() >= SIGN_OF_LIFE {
                return Ok(Some((Bytes::from_static(b"\n"), Some(work))));
            }
        }
    }
}
