//! `GET /api/audit/export`: the log as a file, with everything that its hash chain covers.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use eventstore::{Cursor, Position, RecordedEvent};
use ledger::feed::{Feed, Place};
use ledger::history::{self, HistoryError, Point};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::command::POSITION;
use crate::extract::Search;
use crate::problem::Problem;
use crate::reader::{After, Reader, Reading};
use crate::scope::READ_AUDIT;
use crate::wire::event::Event;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Events after this position or cursor; from the first one on without it.
    #[param(value_type = Option<String>)]
    after: Option<After>,
    /// Events up to this position or cursor; up to the end, as it is now, without it or beyond it.
    #[param(value_type = Option<String>)]
    until: Option<Until>,
}

/// Where an export ends.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Until(String);

/// The first line: what the others are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportHeader {
    /// The book's name in its hash chain.
    book: Uuid,
    name: String,
    /// How the hashes are made.
    chain_format: u8,
    /// The events after this position follow, one a line.
    after: i64,
    after_hash: String,
    /// The last one. An export that ends before it was cut off.
    until: i64,
    until_hash: String,
}

/// The log as a file.
///
/// JSON, one object a line. The first line is an `ExportHeader`; each further one is an event as in
/// `GET /api/events`, its payload and metadata byte for byte as they were hashed.
/// `scripts/verify-export.py` checks the chain of such a file. A file whose last event is not at
/// `until` was cut off: the rest comes with `after`.
#[utoipa::path(
    get,
    path = "/api/audit/export",
    tag = "audit",
    operation_id = "export_events",
    params(Parameters),
    responses(
        (status = 200, description = "The header, then the events", body = ExportHeader, content_type = "application/x-ndjson"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT }>,
    reader: Reader,
    Search(query): Search<Parameters>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("events of the book")?;
    let invalid = |name| Problem::new("invalid-query").fault(name, "invalid-value");
    let until = query.until.map(|until| until.0.parse::<Point>()).transpose();
    let until = until.map_err(|_error| invalid("until"))?;
    let reading = reader.begin(&app, READ_AUDIT)?;

    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let (after, until) = {
        let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
        let book = app.ledger.book();
        let after = query.after.unwrap_or_default().0;
        let after = history::resolve_with_hash(&mut conn, book, &after).await;
        let until = match until {
            Some(until) if until.is_cursor() || until.position() < head.position => {
                history::resolve_with_hash(&mut conn, book, &until).await?
            }
            _ => (head.position, head.hash),
        };
        // Nothing lies after what is not there yet.
        (after.or_else(|error| beyond(error, until))?, until)
    };
    let first = ExportHeader {
        book: head.uuid,
        name: head.name,
        chain_format: eventstore::chain::FORMAT,
        after: after.0.get(),
        after_hash: after.1.to_string(),
        until: until.0.get(),
        until_hash: until.1.to_string(),
    };
    let mut line = serde_json::to_vec(&first).map_err(Problem::unreadable)?;
    line.push(b'\n');
    let export = Export { feed: app.ledger.feed(), reading, place: after, until: until.0 };
    let pages = futures::stream::try_unfold((Some(line), export), |(first, mut export)| async {
        match first {
            Some(line) => Ok(Some((Bytes::from(line), (None, export)))),
            None => Ok::<_, ExportError>(export.next().await?.map(|page| (page, (None, export)))),
        }
    });
    let file = format!("attachment; filename=\"{}-{}.ndjson\"", first.book, first.until);
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, file),
        (POSITION, Cursor::new(until.0, until.1).to_string()),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

fn beyond(error: HistoryError, end: Place) -> Result<Place, HistoryError> {
    if matches!(error, HistoryError::NotReached) { Ok(end) } else { Err(error) }
}

/// Why an export breaks off: its connection is closed, so that nobody takes it for whole.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("the export was ended")]
    Ended,
    #[error("the log cannot be read on")]
    Read(#[from] HistoryError),
    #[error("an event cannot be shown")]
    Event(#[from] serde_json::Error),
}

struct Export {
    feed: Feed,
    reading: Reading,
    place: Place,
    until: Position,
}

impl Export {
    async fn next(&mut self) -> Result<Option<Bytes>, ExportError> {
        if self.place.0 >= self.until {
            return Ok(None);
        }
        if !self.reading.goes_on().await {
            return Err(ExportError::Ended);
        }
        let events = self.feed.read_on(self.place).await?;
        let mut page = Vec::new();
        for event in events.into_iter().take_while(|event| event.position <= self.until) {
            self.place = (event.position, event.hash);
            write(&mut page, event)?;
        }
        Ok(Some(page.into()))
    }
}

fn write(page: &mut Vec<u8>, event: RecordedEvent) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *page, &Event::try_from(event)?)?;
    page.push(b'\n');
    Ok(())
}
