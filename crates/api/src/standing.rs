//! What a node answers whose folds are not the book's, and one of whose views is still to be filled:
//! what it can do all the same, and to everything else that another node may answer.
//!
//! The rows of another fold version may mean something else than this build takes them for. So they
//! are not shown at all, neither by a build that is ahead of the book nor by one that is behind it.

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::http::{Method, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ledger::Standing;

use crate::app::App;
use crate::problem::Problem;

/// Routes that neither write the book nor read a row of a view: what they answer with is in the log,
/// beside it, or in the process. Whatever lies below one of them is meant as well.
const WITHOUT_VIEWS: &[&str] = &[
    "/livez",
    "/readyz",
    "/metrics",
    "/api/admin/jobs",
    "/api/admin/keys",
    "/api/admin/principals",
    "/api/admin/projections",
    "/api/admin/repairs",
    "/api/admin/scrubber",
    "/api/admin/verify",
    "/api/audit/chain",
    "/api/audit/export",
    "/api/audit/replay",
    "/api/docs",
    "/api/events",
    "/api/me",
    "/api/openapi.json",
    "/api/webhooks",
];
/// … but for this one, which shows the journal lines of an event.
const AN_EVENT: &str = "/api/events/{position}";

/// What reads a view, for one that is still to be filled. `customer_orders` is not here: without it
/// nothing is decided, and no node serves.
const READERS: &[(&str, &[&str])] = &[
    ("deadlines", &["GET /api/management/deadlines"]),
    ("imported_orders", &["GET /api/admin/inconsistencies", "POST /api/admin/emergency-order-fix"]),
    (
        "journal_lines",
        &[
            "GET /api/audit/accounts/{account}/lines",
            "GET /api/audit/trial-balance",
            "GET /api/events/{position}",
        ],
    ),
    (
        "order_management",
        &[
            "GET /api/admin/inconsistencies",
            "GET /api/management/deadlines",
            "GET /api/management/orders",
            "POST /api/admin/emergency-order-fix",
        ],
    ),
    ("payments", &["GET /api/audit/accounts/{account}/lines", "GET /api/management/payments"]),
    ("statement_lines", &["GET /api/statement-lines"]),
    ("suspense_items", &["GET /api/suspense-items"]),
    ("timeline", &["GET /api/orders/{order}/timeline"]),
    (
        "wallet_balances",
        &["GET /api/audit/accounts/{account}/lines", "GET /api/customers/{customer}/wallet"],
    ),
    (
        "wallet_lines",
        &[
            "GET /api/audit/accounts/{account}/lines",
            "GET /api/customers/{customer}/wallet/statement",
        ],
    ),
    (
        "wallet_requests",
        &[
            "GET /api/customers/{customer}/wallet",
            "GET /api/customers/{customer}/wallet/requests",
            "GET /api/management/wallet-requests",
            "GET /api/wallet-top-ups/{request}/file",
            "GET /api/wallet-withdrawals/{request}",
            "POST /api/wallet-top-ups/{request}/approve",
            "POST /api/wallet-top-ups/{request}/reject",
            "POST /api/wallet-withdrawals/{request}/fail",
            "POST /api/wallet-withdrawals/{request}/pay",
        ],
    ),
];

/// Turns away what this node cannot do in the book as it is.
pub(crate) async fn layer(State(app): State<App>, request: Request<Body>, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // What has no route is not here, however the book is.
    match route.and_then(|route| refusal(&app.ledger.standing(), request.method(), route)) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

fn refusal(standing: &Standing, method: &Method, route: &str) -> Option<Problem> {
    match standing.fit() {
        Err(_) if is_without_views(route) => None,
        Err(misfit) => Some(Problem::misfit(misfit)),
        Ok(live) => {
            let mut missing = live.missing().iter();
            missing.find(|view| reads(method, route, view)).map(|view| Problem::unfilled(view))
        }
    }
}

fn is_without_views(route: &str) -> bool {
    route != AN_EVENT && WITHOUT_VIEWS.iter().any(|one| is_below(route, one))
}

fn reads(method: &Method, route: &str, view: &str) -> bool {
    // A HEAD is a GET whose reply is left out.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let asked = |reader: &&str| *reader == format!("{method} {route}");
    READERS.iter().any(|(read, readers)| *read == view && readers.iter().any(asked))
}

fn is_below(route: &str, one: &str) -> bool {
    route.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::document;

    #[test]
    fn what_is_done_without_views_is_what_is_listed_and_no_order_wallet_or_payment() {
        for (route, is_done) in [
            ("/api/events", true),
            ("/api/events/stream", true),
            ("/api/events/{position}", false),
            ("/api/audit/chain", true),
            ("/api/audit/trial-balance", false),
            ("/api/admin/keys/{key}/rotate", true),
            ("/api/admin/inconsistencies", false),
            ("/api/orders", false),
            ("/api/orders/{order}/events", false),
            ("/api/meadow", false),
        ] {
            assert_eq!(is_without_views(route), is_done, "{route}");
        }
    }

    #[test]
    fn everything_that_is_listed_is_there() {
        let document: serde_json::Value = serde_json::from_str(&document()).unwrap();
        for one in READERS.iter().flat_map(|(_, readers)| *readers) {
            let (method, path) = one.split_once(' ').unwrap();
            let there = &document["paths"][path][method.to_lowercase()];
            assert!(there.is_object(), "{one}");
        }
    }

    #[test]
    fn a_view_that_is_being_filled_keeps_its_readers_and_nobody_else() {
        assert!(reads(&Method::GET, "/api/statement-lines", "statement_lines"));
        assert!(reads(&Method::HEAD, "/api/statement-lines", "statement_lines"));
        assert!(!reads(&Method::POST, "/api/statement-lines", "statement_lines"));
        assert!(!reads(&Method::GET, "/api/statement-lines", "payments"));
    }

    #[test]
    fn every_view_but_the_needed_one_has_its_readers() {
        let names = projections::projections().into_iter().map(|state| state.name);
        let listed: Vec<&str> = READERS.iter().map(|(view, _)| *view).collect();
        let mut names: Vec<String> = names.filter(|name| name != "customer_orders").collect();
        names.sort_unstable();
        assert_eq!(listed, names);
    }
}
