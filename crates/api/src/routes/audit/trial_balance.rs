//! `GET /api/audit/trial-balance`: every account's sums, and that they net to zero.

use axum::extract::State;
use chrono::{DateTime, Utc};
use ledger::reports;
use projections::journal_lines::AccountSums;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::app::App;
use crate::as_of::{Basis, account_name};
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::scope::READ_AUDIT;
use crate::view::View;
use crate::wire::money::Stored;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// What is counted: `recorded`, up to a position, a cursor, a time by RFC 3339 or the end of a day
    /// by the book's time zone, all of recording; `effective`, what took effect by a time or by the
    /// end of a day. Everything, if left out.
    as_of: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    basis: Basis,
    /// With `basis=effective`: as it was known at a position, a cursor or a time of recording.
    known_at: Option<String>,
}

/// The accounts, and the difference per currency: zero.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub(crate) struct Body {
    basis: Basis,
    /// Until when what took effect is counted, by that basis.
    until: Option<DateTime<Utc>>,
    accounts: Vec<Account>,
    /// Debits less credits of all accounts, one a currency.
    differences: Vec<Stored>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalanceAccount)]
struct Account {
    /// Its number in the chart.
    number: String,
    name: Option<&'static str>,
    debits: Stored,
    credits: Stored,
    /// Debits less credits.
    balance: Stored,
    /// Where its lines are, of the same book and on the same basis: their sum is the balance.
    lines: String,
}

fn differences(sums: &[AccountSums]) -> Vec<Stored> {
    let mut by_currency: BTreeMap<&str, Decimal> = BTreeMap::new();
    for sum in sums {
        let net = sum.debits.saturating_sub(sum.credits);
        let total = by_currency.entry(&sum.currency).or_default();
        *total = total.saturating_add(net);
    }
    by_currency.into_iter().map(|(currency, net)| Stored::new(net, currency)).collect()
}

/// Every account's sums, and that they net to zero.
#[utoipa::path(
    get,
    path = "/api/audit/trial-balance",
    tag = "audit",
    operation_id = "get_trial_balance",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("accounts")?;
    let Parameters { as_of, basis, known_at } = query;
    let counted = basis.report(as_of.as_deref(), known_at.as_deref())?;
    let read = reports::trial_balance(&app.ledger, counted).await?;
    let differences = differences(&read.accounts);
    let shown = match basis {
        Basis::Recorded => vec![("as_of", read.at.to_string())],
        Basis::Effective => {
            let until = as_of.map(|as_of| ("as_of", as_of));
            let known_at = ("known_at", read.at.to_string());
            until.into_iter().chain([("basis", basis.as_str().to_owned()), known_at]).collect()
        }
    };
    let shown = serde_urlencoded::to_string(shown).map_err(Problem::unreadable)?;
    let accounts = read
        .accounts
        .into_iter()
        .map(|sum| Account {
            name: account_name(&sum.account),
            debits: Stored::new(sum.debits, &sum.currency),
            credits: Stored::new(sum.credits, &sum.currency),
            balance: Stored::new(sum.debits.saturating_sub(sum.credits), &sum.currency),
            lines: format!(
                "/api/audit/accounts/{}/lines?currency={}&{shown}",
                sum.account, sum.currency
            ),
            number: sum.account,
        })
        .collect();
    let body = Body { basis, until: read.until, accounts, differences };
    Ok(View::new(read.at, body))
}
