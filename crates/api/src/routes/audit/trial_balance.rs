//! `GET /api/audit/trial-balance`: every account's sums, and that they net to zero.

use axum::extract::State;
use eventstore::Position;
use projections::journal_lines::{self, AccountSums};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::app::App;
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
    /// A position; the last one, if left out.
    as_of: Option<i64>,
}

/// The accounts, and the difference per currency: zero.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub(crate) struct Body {
    accounts: Vec<Account>,
    /// Debits less credits of all accounts, one a currency.
    differences: Vec<Stored>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalanceAccount)]
struct Account {
    /// Its number in the chart.
    number: String,
    debits: Stored,
    credits: Stored,
    /// Debits less credits.
    balance: Stored,
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
    let as_of = query.as_of.map(Position::new);
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let read = journal_lines::trial_balance(&mut conn, app.ledger.book(), as_of)
        .await
        .map_err(Problem::unreadable)?;
    let differences = differences(&read.value);
    let accounts = read
        .value
        .into_iter()
        .map(|sum| Account {
            debits: Stored::new(sum.debits, &sum.currency),
            credits: Stored::new(sum.credits, &sum.currency),
            balance: Stored::new(sum.debits.saturating_sub(sum.credits), &sum.currency),
            number: sum.account,
        })
        .collect();
    Ok(View::new(read.cursor, Body { accounts, differences }))
}
