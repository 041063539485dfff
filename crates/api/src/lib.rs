//! The HTTP API: commands and reads as JSON, every refusal a problem.

mod app;
mod as_of;
mod attempt;
mod caller;
mod canonical;
mod command;
mod delivery_code;
mod extract;
mod find;
mod if_match;
mod if_none_match;
mod impatient;
mod layers;
mod lifecycle;
mod limits;
mod metrics;
mod min_position;
mod openapi;
mod operation;
mod page;
mod personal;
mod problem;
mod propose;
mod reader;
mod refusals;
mod routes;
mod scope;
mod sent;
mod signature;
mod standing;
mod trace;
mod undescribed;
mod upload;
mod view;
mod viewer;
mod wire;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

pub use app::{App, Secrets, Sources};
pub use impatient::Impatient;
pub use lifecycle::Lifecycle;
pub use limits::{Limits, Rate, RateError};
pub use metrics::Metrics;
pub use openapi::document as openapi_document;
pub use problem::{CODES as PROBLEM_CODES, INNER as INNER_REJECTIONS, Problem};
pub use undescribed::{UNDESCRIBED, Undescribed};
pub use wire::job::FAILURES as JOB_FAILURES;
pub use wire::webhook::webhook_message;

/// The whole API, to be served on its own or beside other pages.
pub fn router(app: App) -> Router {
    let (routes, _) = routes::all().split_for_parts();
    let undescribed = UNDESCRIBED.iter();
    let routes = undescribed.fold(routes, |routes, one| routes.route(one.path, (one.serve)()));
    layered(routes, app)
}

/// Routes with everything around them that a request passes: names, limits, problems, panics.
pub fn layered(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(|| async { Problem::new("not-found") })
        .method_not_allowed_fallback(|| async { Problem::new("method-not-allowed") })
        .layer(from_fn(if_none_match::answer))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(app.clone(), min_position::layer))
        .layer(from_fn_with_state(app.clone(), standing::layer))
        .layer(from_fn_with_state(app.clone(), layers::around))
        .layer(CompressionLayer::new().compress_when(layers::is_worth_compressing()))
        .with_state(app)
}

/// What there is for connections beyond those that can be served: the advice to come again.
pub fn overloaded(app: App) -> Router {
    Router::new()
        .fallback(|| async { Problem::new("overloaded").retry_after(limits::RETRY_SECONDS) })
        .layer(from_fn_with_state(app, layers::around))
}
