//! `GET /api/audit/replay/wallets/{wallet}`: a wallet as it was, folded from the events.

use std::ops::ControlFlow;

use axum::extract::State;
use ledger::as_of::Moment;
use ledger::history::Point;
use ledger::replay::{self, FindWalletError};
use ledger::reports;
use projections::past::{self, Columns, Item};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::at;
use crate::app::App;
use crate::as_of::moment;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::scope::REPLAY;
use crate::view::View;
use crate::wire::replay::{Broken, Place, Row};
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Shows it as it was: at a position, a cursor, a time by RFC 3339, or the end of a day (by the
    /// book's time zone) of recording. Within a command it is the command's end.
    as_of: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A wallet as it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayedWallet)]
pub(crate) struct Body {
    at: Place,
    wallet: Uuid,
    /// Its row of `wallet_balances`. Null where its events cannot be followed.
    #[schema(value_type = Option<Object>)]
    balance: Option<Columns>,
    /// A page of its lines as they came, and then of what was asked of it.
    rows: Vec<Row>,
    quarantined: Vec<Broken>,
    next: Option<String>,
}

/// A wallet as it was: folded from the events, and never read from a view.
///
/// What it held stands on every page; its lines, oldest first, and then its requests are paged.
#[utoipa::path(
    get,
    path = "/api/audit/replay/wallets/{wallet}",
    tag = "audit",
    operation_id = "replay_wallet",
    params(
        ("wallet" = String, Path, description = "Its customer, `customer:currency` (IQD, if left out) or its id"),
        Parameters,
    ),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REPLAY }>,
    path: Segments<1>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let name = path.one();
    let not_found = || Problem::new("not-found");
    let wallet = replay::wallet_of(&name).ok_or_else(not_found)?;
    let Parameters { as_of, cursor, limit } = query;
    let path = format!("/api/audit/replay/wallets/{}", page::segment(&name));
    let filters = [("as_of", as_of.clone())];
    let mut page: Page<reports::Place<u64>> =
        Page::asked(&path, &filters, cursor.as_deref(), limit)?;
    let after = page.after();
    let asked: Option<Moment> = moment("as_of", as_of.as_deref())?;
    let pinned = after.as_ref().map(|place| Moment::Point(Point::from(place.at)));
    let at = at(&app, pinned.or(asked)).await?;

    let first = after.map_or(0, |place| place.row);
    let end = first.saturating_add(u64::from(page.size()));
    let (mut count, mut rows) = (0_u64, Vec::new());
    let (mut balance, mut quarantined) = (None, Vec::new());
    let mut take = |item| {
        match item {
            Item::Row(row) if row.view == "wallet_balances" => balance = Some(row.columns),
            Item::Row(row) => {
                if (first..end).contains(&count) {
                    rows.push(Row::from(row));
                }
                count = count.saturating_add(1);
            }
            Item::Quarantined(one) => quarantined.push(Broken::from(one)),
            Item::Change(_) | Item::Read(_) => {}
        }
        ControlFlow::Continue(())
    };
    {
        let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
        let book = app.ledger.book();
        let read = past::wallet(&mut conn, book, wallet, at.position, 0, &mut take).await;
        read.map_err(Problem::unreadable)?;
    }
    let is_seen = match &balance {
        Some(row) => row.text("customer_id").is_some_and(|own| caller.credential.may_see(own)),
        None => !quarantined.is_empty() && caller.credential.customers.is_none(),
    };
    if !is_seen {
        // Whether there is one is nothing to whoever may not see it.
        if caller.credential.customers.is_some() {
            return Err(not_found());
        }
        let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
        let found = replay::find_wallet(&mut conn, &app.ledger, &name, at.position).await;
        return Err(match found {
            Err(error @ FindWalletError::NotThere { .. }) => not_found().detail(error),
            _ => not_found(),
        });
    }
    let next = if count > end {
        page.next(reports::Place { at: at.cursor(), row: end })
    } else {
        page::Next::default()
    };
    let place = Place::from(&at);
    let wallet = wallet.uuid();
    let body = Body { at: place, wallet, balance, rows, quarantined, next: next.cursor };
    Ok(View::new(at.cursor(), body).with_next(next.link))
}
