//! `GET /api/management/wallet-requests`: top-ups and withdrawals, the oldest first.

use axum::extract::State;
use domain::id::CustomerId;
use projections::wallet_requests::{self, Filter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::READ_WALLET_REQUESTS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::wallet::WalletRequestRow;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    #[param(inline)]
    state: Option<RequestState>,
    #[param(inline)]
    kind: Option<RequestKind>,
    #[param(value_type = Option<String>)]
    customer: Option<CustomerId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RequestState {
    Open,
    Approved,
    Rejected,
    Paid,
    Failed,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RequestKind {
    TopUp,
    Withdrawal,
}

impl RequestState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Paid => "paid",
            Self::Failed => "failed",
        }
    }
}

impl RequestKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Withdrawal => "withdrawal",
        }
    }
}

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletRequests)]
pub(crate) struct Body {
    requests: Vec<WalletRequestRow>,
    next: Option<String>,
}

/// What customers ask of their wallets, the oldest first.
#[utoipa::path(
    get,
    path = "/api/management/wallet-requests",
    tag = "management",
    operation_id = "get_wallet_requests",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WALLET_REQUESTS }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    if let Some(customer) = &query.customer {
        caller.must_see(customer.as_str())?;
    }
    let filter = Filter {
        state: query.state.map(|state| state.as_str().to_owned()),
        kind: query.kind.map(|kind| kind.as_str().to_owned()),
        customers: match &query.customer {
            Some(customer) => Some(vec![customer.to_string()]),
            None => caller.credential.seen(),
        },
    };
    let filters = [
        ("state", filter.state.clone()),
        ("kind", filter.kind.clone()),
        ("customer", query.customer.as_ref().map(ToString::to_string)),
    ];
    let (path, cursor) = ("/api/management/wallet-requests", query.cursor.as_deref());
    let mut page = Page::asked(path, &filters, cursor, query.limit)?;
    let (after, rows) = (page.after(), page.rows());
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let mut read = wallet_requests::page(&mut conn, app.ledger.book(), filter, after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next =
        page.cut(&mut read.value, |last| (last.requested_at.unwrap_or_default(), last.request_id));
    let requests = read.value.into_iter().map(WalletRequestRow::from).collect();
    Ok(View::new(read.cursor, Body { requests, next: next.cursor }).with_next(next.link))
}
