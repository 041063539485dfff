//! `GET /api/customers/{customer}/wallet/statement`: a wallet's movements, newest first.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::id::WalletId;
use ledger::reports::{self, Place, StatementPlace};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::as_of::{self, Basis};
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::scope::READ_WALLETS;
use crate::view::View;
use crate::wire::money::Stored;
use crate::wire::reply::ProblemReply;
use crate::wire::wallet::StatementLine;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Where the period ends: `recorded`, a position, a cursor, a time by RFC 3339 or the end of a day
    /// by the book's time zone, all of recording; `effective`, a time or the end of a day. Now, if
    /// left out.
    as_of: Option<String>,
    /// After what the period begins, of the same kinds: what `as_of` says of one period, `after` says
    /// of the next.
    after: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    basis: Basis,
    /// With `basis=effective`: as it was known at a position, a cursor or a time of recording.
    known_at: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
    /// IQD, if left out.
    currency: Option<String>,
}

/// A page of movements.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletStatement)]
pub(crate) struct Body {
    wallet: Uuid,
    basis: Basis,
    /// Until when what took effect is counted, by that basis.
    until: Option<DateTime<Utc>>,
    /// What the wallet held before the period, and at its end.
    opening: Stored,
    closing: Stored,
    /// The same of this page's lines alone.
    page_opening: Stored,
    page_closing: Stored,
    lines: Vec<StatementLine>,
    next: Option<String>,
}

/// A wallet's movements, newest first, with the balances of the period and of each line.
///
/// The book that the first page shows is the one that its next pages show: their cursor says which.
/// With `basis=effective` the lines stand in the order in which they took effect, and so do their
/// balances.
#[utoipa::path(
    get,
    path = "/api/customers/{customer}/wallet/statement",
    tag = "customers",
    operation_id = "get_wallet_statement",
    params(("customer" = String, Path), Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WALLETS }>,
    path: Segments<1>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let currency = as_of::currency(query.currency.as_deref())?;
    let Parameters { as_of, after, basis, known_at, cursor, limit, .. } = query;
    let filters = [
        ("currency", Some(currency.code().to_owned())),
        ("basis", Some(basis.as_str().to_owned())),
        ("as_of", as_of.clone()),
        ("after", after.clone()),
        ("known_at", known_at.clone()),
    ];
    let path = format!("/api/customers/{}/wallet/statement", page::segment(customer.as_str()));
    let mut page: Page<Place<StatementPlace>> =
        Page::asked(&path, &filters, cursor.as_deref(), limit)?;
    let counted = basis.report(as_of.as_deref(), known_at.as_deref())?;
    let after = basis.after(after.as_deref())?;
    let wallet = WalletId::of(&customer, currency);
    let (before, rows) = (page.after(), page.rows());
    let is_first = before.is_none();
    let mut read = reports::statement(&app.ledger, wallet, counted, after, before, rows).await?;
    let at = read.at;
    let next = page
        .cut(&mut read.lines, |last| Place { at, row: (last.effective_at, last.line.sequence) });
    // Of a page without lines, nothing moved in it.
    let none = if is_first { read.closing } else { read.opening };
    let page_closing = read.lines.first().map_or(none, |first| first.line.balance);
    let page_opening =
        read.lines.last().map_or(none, |last| last.line.balance.saturating_sub(last.line.amount));
    let sum = |sum| Stored::new(sum, currency.code());
    let body = Body {
        wallet: wallet.uuid(),
        basis,
        until: read.until,
        opening: sum(read.opening),
        closing: sum(read.closing),
        page_opening: sum(page_opening),
        page_closing: sum(page_closing),
        lines: read.lines.into_iter().map(StatementLine::from).collect(),
        next: next.cursor,
    };
    Ok(View::new(at, body).with_next(next.link))
}
