//! `GET /metrics`: what the node counts, for whoever watches it. Names nobody.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::app::App;
use crate::metrics::MEDIA_TYPE;
use crate::problem::Problem;

/// What the node has counted since it started.
#[utoipa::path(get, path = "/metrics", tag = "health", operation_id = "metrics",
    security(()),
    responses(
        (status = 200, description = "In the text format of OpenMetrics", body = String, content_type = "application/openmetrics-text"),
    ))]
pub(crate) async fn handler(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    // What is so only at this moment is looked up by asking for them.
    app.ledger.metrics();
    let text = app.metrics.text().map_err(Problem::unreadable)?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text))
}
