//! `GET /api/audit/accounts/{account}/lines`: what a balance is made of, posting by posting.

use axum::extract::State;
use chrono::{DateTime, Utc};
use ledger::reports::{self, Place};
use projections::journal_lines::{AccountLine, AccountPlace};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::as_of::{self, Basis, account_name};
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::scope::READ_AUDIT;
use crate::view::View;
use crate::wire::money::Stored;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// IQD, if left out.
    currency: Option<String>,
    /// Only one item of the account's sub-ledger: a wallet, an order, a payment.
    item: Option<String>,
    /// As of the trial balance.
    as_of: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    basis: Basis,
    /// With `basis=effective`: as it was known at a position, a cursor or a time of recording.
    known_at: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of an account's lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountLines)]
pub(crate) struct Body {
    /// Its number in the chart.
    account: String,
    name: Option<&'static str>,
    basis: Basis,
    /// Until when what took effect is counted, by that basis.
    until: Option<DateTime<Utc>>,
    lines: Vec<Line>,
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountLine)]
#[expect(clippy::struct_field_names, reason = "a line's number is called its line everywhere")]
struct Line {
    /// Of the event that posted it: see `/api/events/{position}`.
    position: i64,
    /// Its place in the event's entry.
    line: i32,
    /// In the account's sub-ledger.
    item: Option<String>,
    /// debit or credit
    side: String,
    amount: Stored,
    /// Debits less credits of the account up to here.
    balance: Stored,
    #[serde(rename = "type")]
    event_type: String,
    stream: String,
    id: Uuid,
    version: i64,
    command_id: Uuid,
    /// The order that it is about.
    order: Option<Uuid>,
    /// Whom it is about.
    customer: Option<String>,
    recorded_at: DateTime<Utc>,
    effective_at: DateTime<Utc>,
}

impl Line {
    fn of(row: AccountLine, currency: &str) -> Self {
        Self {
            position: row.position.get(),
            line: row.line,
            item: Some(row.item).filter(|item| !item.is_empty()),
            side: row.side,
            amount: Stored::new(row.amount, currency),
            balance: Stored::new(row.balance, currency),
            event_type: row.event_type,
            stream: row.stream_type,
            id: row.stream_id,
            version: row.sequence,
            command_id: row.command_id,
            order: row.order_id,
            customer: row.customer_id,
            recorded_at: row.recorded_at,
            effective_at: row.effective_at,
        }
    }
}

/// What a balance is made of, posting by posting, the oldest first.
///
/// The book that the first page shows is the one that its next pages show. The last line's balance is
/// the account's in the trial balance.
#[utoipa::path(
    get,
    path = "/api/audit/accounts/{account}/lines",
    tag = "audit",
    operation_id = "get_account_lines",
    params(("account" = String, Path, description = "Its number in the chart"), Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT }>,
    path: Segments<1>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("accounts")?;
    let number = path.one();
    let name = account_name(&number).ok_or_else(|| Problem::new("not-found"))?;
    let currency = as_of::currency(query.currency.as_deref())?;
    let Parameters { item, as_of, basis, known_at, cursor, limit, .. } = query;
    let filters = [
        ("currency", Some(currency.code().to_owned())),
        ("item", item.clone()),
        ("basis", Some(basis.as_str().to_owned())),
        ("as_of", as_of.clone()),
        ("known_at", known_at.clone()),
    ];
    let path = format!("/api/audit/accounts/{}/lines", page::segment(&number));
    let mut page: Page<Place<AccountPlace>> =
        Page::asked(&path, &filters, cursor.as_deref(), limit)?;
    let counted = basis.report(as_of.as_deref(), known_at.as_deref())?;
    let account =
        reports::Account { number: number.clone(), currency: currency.code().to_owned(), item };
    let (after, rows) = (page.after(), page.rows());
    let mut read = reports::account_lines(&app.ledger, account, counted, after, rows).await?;
    let at = read.at;
    let next = page.cut(&mut read.rows, |last| Place {
        at,
        row: (last.effective_at, last.position, last.line),
    });
    let lines = read.rows.into_iter().map(|row| Line::of(row, currency.code())).collect();
    let body = Body {
        account: number,
        name: Some(name),
        basis,
        until: read.until,
        lines,
        next: next.cursor,
    };
    Ok(View::new(at, body).with_next(next.link))
}
