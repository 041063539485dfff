//! What customers asked of their wallets, top-ups and withdrawals, and what became of it.

use chrono::{DateTime, Utc};
use domain::id::RequestId;
use domain::wallet::{Event, Facts};
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("wallet_requests");

/// The fold.
#[derive(Debug)]
pub struct WalletRequests;

row! {
    /// A row of `wallet_requests`.
    "daftar.wallet_requests_row", WalletRequest {
        request_id: Uuid,
        wallet_id: Uuid,
        customer_id: String,
        /// `top_up` or `withdrawal`.
        kind: String,
        /// `open`, `approved`, `rejected`, `paid` or `failed`.
        state: String,
        currency: String,
        /// What the customer says was sent. Known from the first event on.
        claimed: Option<Decimal>,
        /// What was credited or paid out.
        amount: Option<Decimal>,
        /// The money that a top-up was approved with.
        payment_id: Option<Uuid>,
        /// Our bank account that a withdrawal was paid from, and the bank's reference.
        account: Option<String>,
        reference: Option<String>,
        reason: Option<String>,
        /// The receipt's file. Known from the first event on.
        file_id: Option<Uuid>,
        /// The personal data that says where a withdrawal goes. Known from the first event on.
        destination_id: Option<Uuid>,
        /// Known from the first event on.
        requested_at: Option<DateTime<Utc>>,
        decided_at: Option<DateTime<Utc>>,
        position: Position,
    }
}

const TOP_UP: &str = "top_up";
const WITHDRAWAL: &str = "withdrawal";

impl Projection for WalletRequests {
    const NAME: &'static str = "wallet_requests";
    const FOLD_VERSION: i32 = 1;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["request_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "wallet", column: "wallet_id" };
    const SUMS: &'static [&'static str] = &["claimed", "amount"];
    type Key = Uuid;
    type Row = WalletRequest;

    fn key(row: &WalletRequest) -> Uuid {
        row.request_id
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all else concerns no request")]
    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((_, event, facts)) = fact.wallet() else { return Ok(()) };
        let row = match event {
            Event::TopUpRequested(asked) => WalletRequest {
                claimed: asked.claimed.map(|claimed| claimed.money().amount()),
                file_id: asked.stored.as_ref().map(|stored| stored.id.uuid()),
                ..asked_now(fact, facts, asked.request, TOP_UP)
            },
            Event::TopUpApproved { request, amount, payment } => WalletRequest {
                amount: Some(amount.money().amount()),
                payment_id: Some(payment.uuid()),
                ..decided(fact, facts, *request, TOP_UP, "approved")
            },
            Event::TopUpRejected { request, reason } => WalletRequest {
                reason: Some(reason.to_string()),
                ..decided(fact, facts, *request, TOP_UP, "rejected")
            },
            Event::WithdrawalRequested { request, amount, destination } => WalletRequest {
                amount: Some(amount.money().amount()),
                destination_id: destination.as_ref().map(|stored| stored.id.uuid()),
                ..asked_now(fact, facts, *request, WITHDRAWAL)
            },
            Event::WithdrawalPaid { request, amount, account, reference, .. } => WalletRequest {
                amount: Some(amount.money().amount()),
                account: Some(account.to_string()),
                reference: Some(reference.to_string()),
                ..decided(fact, facts, *request, WITHDRAWAL, "paid")
            },
            Event::WithdrawalFailed { request, amount, reason } => WalletRequest {
                amount: Some(amount.money().amount()),
                reason: Some(reason.to_string()),
                ..decided(fact, facts, *request, WITHDRAWAL, "failed")
            },
            _ => return Ok(()),
        };
        rows.put(row);
        Ok(())
    }

    fn merge(before: &WalletRequest, after: WalletRequest) -> WalletRequest {
        WalletRequest {
            claimed: after.claimed.or(before.claimed),
            amount: after.amount.or(before.amount),
            file_id: after.file_id.or(before.file_id),
            destination_id: after.destination_id.or(before.destination_id),
            requested_at: after.requested_at.or(before.requested_at),
            ..after
        }
    }
}

fn asked_now(fact: &Fact<'_>, facts: &Facts, request: RequestId, kind: &str) -> WalletRequest {
    WalletRequest {
        requested_at: Some(fact.recorded.recorded_at),
        decided_at: None,
        ..decided(fact, facts, request, kind, "open")
    }
}

fn decided(
    fact: &Fact<'_>,
    facts: &Facts,
    request: RequestId,
    kind: &str,
    state: &str,
) -> WalletRequest {
    WalletRequest {
        request_id: request.uuid(),
        wallet_id: fact.stream.aggregate_id(),
        customer_id: facts.customer.to_string(),
        kind: kind.to_owned(),
        state: state.to_owned(),
        currency: facts.currency.code().to_owned(),
        claimed: None,
        amount: None,
        payment_id: None,
        account: None,
        reference: None,
        reason: None,
        file_id: None,
        destination_id: None,
        requested_at: None,
        decided_at: Some(fact.recorded.recorded_at),
        position: fact.position(),
    }
}

/// Which requests a worklist shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<String>,
    pub kind: Option<String>,
    /// Only those of these customers.
    pub customers: Option<Vec<String>>,
}

/// The request of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    request: Uuid,
) -> Result<At<Option<WalletRequest>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("wallet_requests/find.sql"), book).bind(request)).await
}

/// A worklist, oldest first, after the request that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    filter: Filter,
    after: Option<(DateTime<Utc>, Uuid)>,
    size: u32,
) -> Result<At<Vec<WalletRequest>>, sqlx::Error> {
    let (requested_at, request) = after.unzip();
    let query = at::on(include_str!("wallet_requests/page.sql"), book)
        .bind(filter.state)
        .bind(filter.kind)
        .bind(filter.customers)
        .bind(requested_at)
        .bind(request)
        .bind(at::limit(size));
    at::many(conn, query).await
}
