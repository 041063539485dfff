//! Every refusal as RFC 9457 `application/problem+json`.
//!
//! A problem travels as a value: the outermost layer writes it, when it knows the request's
//! instance and trace id.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::order::Step;
use domain::{Rejection, StreamKey};
use eventstore::Position;
use ledger::SubmitError;
use ledger::approvals::ApprovalError;
use ledger::fix::FixError;
use ledger::history::HistoryError;
use ledger::load::LoadError;
use projections::Misfit;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::limits::RETRY_SECONDS;

/// The media type of every problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// After how long it is worth asking a node again whose folds are not the book's. Another node may
/// answer at once.
const MISFIT_SECONDS: u32 = 2;
/// After how long it is worth asking again for a book that waits for a person.
const STOPPED_SECONDS: u32 = 30;
/// The longest `detail` that is written.
const DETAIL_MAX: usize = 300;

/// Every code, its status and its title. The page on problems lists the same.
pub const CODES: &[(&str, u16, &str)] = &[
    ("malformed-json", 400, "The body is not JSON"),
    ("invalid-body", 400, "The body is not what this route takes"),
    ("invalid-statement", 400, "The statement's file cannot be understood"),
    ("invalid-query", 400, "A query parameter is unknown or not acceptable"),
    ("invalid-path", 400, "A part of the path is not acceptable"),
    ("invalid-header", 400, "A header is not acceptable"),
    ("idempotency-key-missing", 400, "This route needs an Idempotency-Key"),
    ("idempotency-key-invalid", 400, "The Idempotency-Key is not acceptable"),
    ("unauthenticated", 401, "There is no valid key"),
    ("bad-signature", 401, "The signature is missing, wrong or too old"),
    ("forbidden", 403, "The key's role does not allow this"),
    ("same-person", 403, "Another person has to approve it"),
    ("not-found", 404, "There is nothing here"),
    ("key-not-found", 404, "There is no such key"),
    ("principal-not-found", 404, "There is no such principal"),
    ("order-not-found", 404, "There is no such order"),
    ("receipt-not-found", 404, "There is no such receipt"),
    ("shipment-not-found", 404, "There is no such shipment"),
    ("payment-not-found", 404, "There is no such payment"),
    ("file-not-found", 404, "No file is kept for this receipt"),
    ("plan-not-found", 404, "There is no such plan"),
    ("approval-not-found", 404, "There is no such proposal"),
    ("statement-line-not-found", 404, "There is no such statement line"),
    ("wallet-not-open", 404, "There is no wallet yet"),
    ("request-not-found", 404, "There is no such request"),
    ("suspense-not-found", 404, "There is no such suspense item"),
    ("webhook-not-found", 404, "There is no such webhook"),
    ("webhook-delivery-not-found", 404, "There is no such delivery of this webhook"),
    ("view-not-found", 404, "There is no such view"),
    ("job-not-found", 404, "There is no such job"),
    ("alert-not-found", 404, "There is no such alert"),
    ("method-not-allowed", 405, "The route exists, but not with this method"),
    ("wrong-phase", 409, "The order is in a phase where this is not possible"),
    ("on-hold", 409, "A department has put the order on hold"),
    ("wrong-shipment-stage", 409, "The shipment is in a stage where this is not possible"),
    (
        "shipment-exists",
        409,
        "A shipment with this id exists already, with other content or come back",
    ),
    ("shipment-unnamed", 409, "Several shipments are under way, and none is named"),
    ("order-exists", 409, "An order with this id exists already"),
    ("order-number-ambiguous", 409, "Several orders bear this number"),
    ("receipt-decided", 409, "The receipt was already decided on"),
    ("wallet-frozen", 409, "The wallet is frozen and pays nothing"),
    ("wallet-closed", 409, "The wallet is closed"),
    ("wallet-in-use", 409, "The wallet holds money, owes some, or a request waits"),
    ("wallet-in-debt", 409, "What the customer owes goes before a withdrawal"),
    ("debt-differs", 409, "The customer does not owe this much"),
    ("request-decided", 409, "The request was already decided on"),
    ("payout-reference-used", 409, "Another withdrawal was paid by this transfer"),
    ("suspense-settled", 409, "The suspense item is explained"),
    ("suspense-differs", 409, "The suspense item does not hold this much"),
    ("not-correctable", 409, "Only the last step can be taken back"),
    ("payment-differs", 409, "The payment is known with another amount, date, note or way"),
    ("payment-not-held", 409, "The payment was corrected or reversed"),
    ("payment-matched", 409, "The payment is in the bank by its statement already"),
    ("statement-line-differs", 409, "The statement line is known with another content"),
    ("statement-line-matched", 409, "The statement line is matched already"),
    ("receipt-file-used", 409, "The file was approved as a receipt already"),
    ("key-not-live", 409, "The key is revoked, expired or replaced already"),
    ("principal-exists", 409, "A principal of this name is there already"),
    ("plan-tampered", 409, "The stored plan is not what its digest says"),
    ("own-plan", 409, "Whoever made a plan cannot approve it"),
    ("approval-decided", 409, "The proposal was decided on already"),
    ("approval-expired", 409, "The proposal was not approved in time"),
    ("approval-proposer-revoked", 409, "The key that proposed it is not trusted any more"),
    ("webhook-disabled", 409, "The webhook is disabled"),
    ("job-already-running", 409, "Another job is at it already"),
    ("job-not-ready", 409, "The job does not wait for a decision"),
    ("job-over", 409, "The job has ended"),
    ("job-of-another-build", 409, "The job was begun by another build"),
    ("older-fold", 409, "The live rows are of a newer fold"),
    ("differences-not-accepted", 409, "The rebuild would change money"),
    ("alert-over", 409, "The alert is resolved"),
    ("stream-quarantined", 409, "An event of what this is about cannot be read"),
    ("cursor-diverged", 409, "The cursor belongs to another history of the book"),
    ("forgotten", 410, "The customer was forgotten, and this with them"),
    ("stale", 412, "The version is not the one named in If-Match"),
    ("body-too-large", 413, "The body is too large"),
    ("unsupported-media-type", 415, "The body must be application/json"),
    ("file-type", 415, "The file is not of a type that is taken, or not what it says it is"),
    ("idempotency-key-reused", 422, "The Idempotency-Key was used for another request"),
    ("totals-disagree", 422, "The totals do not agree"),
    ("no-lines", 422, "The list of lines is empty"),
    ("line-not-found", 422, "The order has no such line"),
    ("line-twice", 422, "A line stands in the list twice"),
    ("quantity-too-large", 422, "There is not that much of a line"),
    ("nothing-to-dispatch", 422, "Everything is shipped already"),
    ("nothing-to-refund", 422, "Nothing was returned that has not been paid back"),
    ("delivery-code-needed", 422, "The shipment is handed over against its code"),
    ("no-delivery-code", 422, "The shipment has no delivery code"),
    ("delivery-code-wrong", 422, "This is not the shipment's delivery code"),
    ("delivery-code-locked", 422, "The delivery code is locked after too many wrong tries"),
    ("no-receipt-needed", 422, "The order is not paid by bank transfer"),
    ("line-count", 422, "An order has too few or too many lines"),
    ("discount-too-large", 422, "The discount is more than the items"),
    ("negative-charge", 422, "A charge is negative"),
    ("currency-not-kept", 422, "The book does not keep this currency"),
    ("wallet-part-mismatch", 422, "Payment method and wallet part do not go together"),
    ("not-settled", 422, "The order still owes money"),
    ("insufficient-funds", 422, "The wallet does not hold enough"),
    ("payment-for-another", 422, "The payment was made for another order"),
    ("not-cash", 422, "Only cash is taken to the bank"),
    ("statement-line-unbalanced", 422, "The payments less the fee are not the line's amount"),
    ("wrong-bank-account", 422, "The payment went to another bank account"),
    ("payment-used-up", 422, "Not enough of the payment is left"),
    ("needs-second-person", 422, "A second person has to agree"),
    ("setting-out-of-range", 422, "A setting is outside its range"),
    ("bad-amount", 422, "The amounts do not add up"),
    ("bad-text", 422, "A text is not acceptable"),
    ("bad-principal", 422, "The principal is not acceptable"),
    ("decision-unusable", 422, "A decision cannot be used"),
    ("plan-needs-approval", 422, "A second person has to approve the plan first"),
    ("webhook-address-refused", 422, "Nothing is sent to this address"),
    ("if-match-required", 428, "This route needs an If-Match"),
    ("too-many-refusals", 429, "Too many commands were refused"),
    ("rate-limited", 429, "Too many requests"),
    ("internal", 500, "Something broke"),
    ("position-not-reached", 503, "The book has not reached this position"),
    ("unavailable", 503, "The service cannot answer now"),
    ("overloaded", 503, "The service has too much to do"),
    ("too-many-readers", 503, "Too many readers follow the events"),
    ("timeout", 503, "The request took too long"),
    ("outdated", 503, "This node is too old for the book"),
    ("rebuild-needed", 503, "This node is too new for the book's views"),
    ("book-stopped", 503, "The book is stopped: it can be read, and takes nothing"),
    ("not-enough-room", 507, "The disk has no room for the rebuild"),
];

/// What the rules refuse and no route asks for: what the importer, the fixing of old orders and the
/// deadlines ask, and ids that are always made up here. An answer with one of them is a defect.
pub const INNER: &[&str] = &[
    "receipt-exists",
    "wallet-exists",
    "request-exists",
    "suspense-exists",
    "deadline-not-reached",
    "no-deadline",
    "return-window-open",
    "reminder-not-due",
    "debit-already-linked",
    "already-given-back",
    "wrong-wallet",
    "payment-id-not-derived",
    "needs-other-stream",
    "series-exhausted",
    "bad-quantity",
];

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    /// A JSON pointer into the body, or the name of a parameter or header.
    pub(crate) pointer: String,
    pub(crate) code: &'static str,
}

/// A refusal on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    errors: Vec<Fault>,
    members: Map<String, Value>,
    retry_after_seconds: Option<u32>,
    version: Option<u64>,
}

impl Problem {
    /// A problem of the table of codes.
    pub(crate) fn new(code: &'static str) -> Self {
        let known = CODES.iter().find(|(known, _, _)| *known == code);
        let (code, status, title) = *known.unwrap_or(&("internal", 500, "Something broke"));
        Self(Box::new(Parts {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            title,
            detail: None,
            errors: Vec::new(),
            members: Map::new(),
            retry_after_seconds: None,
            version: None,
        }))
    }

    pub(crate) fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.0.detail = Some(detail.to_string().chars().take(DETAIL_MAX).collect());
        self
    }

    pub(crate) fn fault(mut self, pointer: impl Into<String>, code: &'static str) -> Self {
        self.0.errors.push(Fault { pointer: pointer.into(), code });
        self
    }

    pub(crate) fn member(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.0.members.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// The version that the resource has now: the reply's `ETag`.
    pub(crate) fn at_version(mut self, version: u64) -> Self {
        self.0.version = Some(version);
        self
    }

    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    pub(crate) fn version(&self) -> Option<u64> {
        self.0.version
    }

    /// A read failed: logged here, where it is handled, and told without its causes.
    pub(crate) fn unreadable(error: impl std::error::Error + 'static) -> Self {
        let mut causes = error.to_string();
        let mut link: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = link {
            match cause.downcast_ref() {
                Some(LoadError::Unreadable(found)) => {
                    return Self::quarantined(&found.stream.to_string(), found.position);
                }
                Some(LoadError::Held { stream, position }) => {
                    return Self::quarantined(&path(*stream), *position);
                }
                Some(LoadError::Database(_) | LoadError::Event(_)) | None => {}
            }
            link = cause.source();
            if let Some(cause) = link {
                causes.push_str(": ");
                causes.push_str(&cause.to_string());
            }
        }
        tracing::error!(error = %causes, "a read failed");
        Self::new("unavailable").retry_after(1)
    }

    /// An event of this stream, `order/<id>`, cannot be read.
    pub(crate) fn quarantined(stream: &str, position: Position) -> Self {
        let detail = format!(
            "the event at position {position} of {stream} cannot be read, and nothing is decided over \
             it until it can: daftar event show {position} says more"
        );
        let position = position.get();
        Self::new("stream-quarantined")
            .detail(detail)
            .member("stream", stream)
            .member("position", position)
    }

    /// The book's rows are of other folds than this node's.
    pub(crate) fn misfit(misfit: &Misfit) -> Self {
        let code = if misfit.needs_rebuild() { "rebuild-needed" } else { "outdated" };
        Self::new(code).detail(misfit).retry_after(MISFIT_SECONDS)
    }

    /// A view that a route reads is still to be filled.
    pub(crate) fn unfilled(view: &str) -> Self {
        let detail = format!("{view} is being filled for the first time; see GET /api/admin/jobs");
        Self::new("rebuild-needed").detail(detail).retry_after(MISFIT_SECONDS)
    }

    /// The JSON text, with what only the request knows.
    pub(crate) fn body(&self, instance: &str, trace_id: &str) -> String {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("/problems/{}", self.0.code)));
        body.insert("code".to_owned(), json!(self.0.code));
        body.insert("title".to_owned(), json!(self.0.title));
        body.insert("status".to_owned(), json!(self.0.status.as_u16()));
        if let Some(detail) = &self.0.detail {
            body.insert("detail".to_owned(), json!(detail));
        }
        body.insert("instance".to_owned(), json!(instance));
        body.insert("trace_id".to_owned(), json!(trace_id));
        if !self.0.errors.is_empty() {
            body.insert("errors".to_owned(), json!(self.0.errors));
        }
        body.extend(self.0.members.clone());
        Value::Object(body).to_string()
    }

    /// What it is, for a caller who only asks whether it would be.
    pub(crate) fn guard(&self) -> Map<String, Value> {
        let mut guard = Map::new();
        guard.insert("code".to_owned(), json!(self.0.code));
        guard.insert("title".to_owned(), json!(self.0.title));
        if let Some(detail) = &self.0.detail {
            guard.insert("detail".to_owned(), json!(detail));
        }
        guard.extend(self.0.members.clone());
        guard
    }

    /// The finished response.
    pub(crate) fn respond(&self, instance: &str, trace_id: &str) -> Response {
        let mut response = (self.0.status, self.body(instance, trace_id)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.0.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let version =
            self.0.version.map(|version| HeaderValue::try_from(format!("\"v{version}\"")));
        if let Some(Ok(tag)) = version {
            headers.insert(header::ETAG, tag);
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            let is_signed = self.0.code == "bad-signature";
            let scheme = if is_signed { "Daftar-Signature" } else { "Bearer" };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        response
    }

    /// The problem of a status that some layer answered with on its own.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(match status.as_u16() {
            401 => "unauthenticated",
            403 => "forbidden",
            404 => "not-found",
            405 => "method-not-allowed",
            413 => "body-too-large",
            415 => "unsupported-media-type",
            429 => "rate-limited",
            400..=499 => "invalid-body",
            _ => "internal",
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The table: what each rule's refusal is to the caller.
impl From<&Rejection> for Problem {
    #[expect(clippy::too_many_lines, reason = "one arm a rule: it is the table")]
    fn from(rejection: &Rejection) -> Self {
        if INNER.contains(&rejection.code()) {
            tracing::error!(%rejection, "a rule refused what no route asks for");
            return Self::new("internal");
        }
        let problem = Self::new(rejection.code()).detail(rejection);
        match rejection {
            Rejection::WrongPhase { phase, step } => {
                let allowed: Vec<_> =
                    Step::allowed_in(*phase).into_iter().map(Step::as_str).collect();
                problem
                    .member("phase", phase)
                    .member("step", step.as_str())
                    .member("allowed_commands", allowed)
            }
            Rejection::OnHold { department, .. } => problem.member("department", department),
            Rejection::LineNotFound { line } | Rejection::LineTwice { line } => {
                problem.member("line", line)
            }
            Rejection::QuantityTooLarge { line, available } => {
                problem.member("line", line).member("available", available)
            }
            Rejection::WrongShipmentStage { stage } => problem.member("stage", stage),
            Rejection::DeliveryCodeLocked { tries } => problem.member("tries", tries),
            Rejection::ReturnWindowOpen { until } => problem.member("until", until),
            Rejection::TotalsDisagree { claimed, computed } => {
                problem.member("claimed", claimed).member("computed", computed)
            }
            Rejection::LineCount(max) => problem.member("lines_max", max),
            Rejection::DiscountTooLarge { discount, items } => {
                problem.member("discount", discount).member("items", items)
            }
            Rejection::NegativeCharge(charge) => problem.member("charge", charge),
            Rejection::CurrencyNotKept(currency) => problem.member("currency", currency),
            Rejection::WalletPartMismatch { due } => problem.member("due", due),
            Rejection::NotSettled { owed } => problem.member("owed", owed),
            Rejection::DeadlineNotReached { deadline } => problem.member("deadline", deadline),
            Rejection::InsufficientFunds { available, required } => {
                problem.member("available", available).member("required", required)
            }
            Rejection::PaymentDiffers { recorded, claimed } => {
                problem.member("recorded", recorded).member("claimed", claimed)
            }
            Rejection::PaymentUsedUp { left, required } => {
                problem.member("left", left).member("required", required)
            }
            Rejection::NeedsSecondPerson { amount, threshold, moved, left } => problem
                .member("amount", amount)
                .member("threshold", threshold)
                .member("moved", moved)
                .member("left", left),
            Rejection::WalletInUse { balance, debt, pending } => {
                problem.member("balance", balance).member("debt", debt).member("pending", pending)
            }
            Rejection::WalletInDebt { debt } => problem.member("debt", debt),
            Rejection::DebtDiffers { debt, claimed } => {
                problem.member("debt", debt).member("claimed", claimed)
            }
            Rejection::SuspenseDiffers { balance, claimed } => {
                problem.member("balance", balance).member("claimed", claimed)
            }
            Rejection::NotCorrectable { sequence } => problem.member("sequence", sequence),
            Rejection::Stale { expected, actual, .. } => problem
                .member("expected_version", expected)
                .member("version", actual)
                .at_version(*actual),
            Rejection::SeriesExhausted(number) => problem.member("number", number),
            Rejection::Money(error) => problem.detail(error),
            Rejection::Text(error) => problem.detail(error),
            Rejection::Quantity(error) => problem.detail(error),
            Rejection::StatementLineUnbalanced { payments, fee, line } => {
                problem.member("payments", payments).member("fee", fee).member("line", line)
            }
            Rejection::PaymentIdNotDerived
            | Rejection::PaymentNotHeld
            | Rejection::PaymentMatched
            | Rejection::NotCash
            | Rejection::StatementLineNotFound
            | Rejection::StatementLineDiffers
            | Rejection::StatementLineMatched
            | Rejection::WrongBankAccount
            | Rejection::ReceiptFileUsed
            | Rejection::ReminderNotDue
            | Rejection::PaymentForAnother
            | Rejection::PaymentKindDiffers
            | Rejection::OrderNotFound
            | Rejection::OrderExists
            | Rejection::ReceiptNotFound
            | Rejection::ReceiptDecided
            | Rejection::ReceiptExists
            | Rejection::ShipmentNotFound
            | Rejection::ShipmentExists
            | Rejection::ShipmentUnnamed
            | Rejection::NoDeadline
            | Rejection::WalletNotOpen
            | Rejection::WalletExists
            | Rejection::WrongWallet
            | Rejection::WalletFrozen
            | Rejection::WalletClosed
            | Rejection::RequestNotFound
            | Rejection::RequestDecided
            | Rejection::RequestExists
            | Rejection::PayoutReferenceUsed
            | Rejection::SuspenseNotFound
            | Rejection::SuspenseExists
            | Rejection::SuspenseSettled
            | Rejection::PaymentNotFound
            | Rejection::DebitAlreadyLinked
            | Rejection::AlreadyGivenBack
            | Rejection::NeedsOtherStream
            | Rejection::SettingOutOfRange
            | Rejection::NoLines
            | Rejection::NothingToDispatch
            | Rejection::DeliveryCodeNeeded
            | Rejection::NoDeliveryCode
            | Rejection::NothingToRefund
            | Rejection::NoReceiptNeeded => problem,
        }
    }
}

impl From<FixError> for Problem {
    fn from(error: FixError) -> Self {
        match error {
            FixError::Database(_) | FixError::Read(_) | FixError::Load(_) => {
                Self::unreadable(error)
            }
            FixError::UnknownOrder(_) => Self::new("order-not-found").detail(error),
            FixError::AmbiguousNumber { ref orders, .. } => {
                Self::new("order-number-ambiguous").member("orders", orders)
            }
            FixError::DecidedTwice(_) | FixError::DecisionElsewhere(_) => {
                Self::new("decision-unusable").detail(error)
            }
            FixError::UnknownPlan(_) => Self::new("plan-not-found"),
            FixError::TamperedPlan(_) => Self::new("plan-tampered"),
            FixError::NeedsSecondPerson { digest, reasons } => {
                Self::new("plan-needs-approval").member("plan", digest).member("reasons", reasons)
            }
            FixError::NotAPerson => Self::new("forbidden").detail(error),
            FixError::SamePerson => Self::new("own-plan"),
        }
    }
}

impl From<ApprovalError> for Problem {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::Unknown => Self::new("approval-not-found"),
            ApprovalError::Expired(at) => Self::new("approval-expired").member("expires_at", at),
            ApprovalError::Decided(ref outcome) => {
                Self::new("approval-decided").detail(&error).member("outcome", outcome.kind)
            }
            ApprovalError::SamePerson => Self::new("same-person"),
            ApprovalError::NotAPerson => Self::new("forbidden").detail(error),
            ApprovalError::ProposerGone => Self::new("approval-proposer-revoked"),
            ApprovalError::Mismatch => Self::new("idempotency-key-reused"),
            ApprovalError::Busy => Self::new("unavailable").detail(error).retry_after(1),
            ApprovalError::Submit(error) => error.into(),
            ApprovalError::Unreadable(_) | ApprovalError::Text(_) | ApprovalError::Database(_) => {
                Self::unreadable(error)
            }
        }
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Diverged => Self::new("cursor-diverged"),
            HistoryError::NotReached => Self::new("position-not-reached").retry_after(1),
            HistoryError::Database(error) => Self::unreadable(error),
        }
    }
}

/// A stream as the log writes it.
fn path(stream: StreamKey) -> String {
    format!("{}/{}", stream.aggregate_type(), stream.aggregate_id())
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Mismatch => Self::new("idempotency-key-reused"),
            SubmitError::Overloaded => {
                Self::new("overloaded").detail(error).retry_after(RETRY_SECONDS)
            }
            SubmitError::Stopping | SubmitError::Unavailable => {
                Self::new("unavailable").detail(error).retry_after(1)
            }
            SubmitError::Outdated(_) => Self::new("outdated").retry_after(30),
            SubmitError::Misfit(misfit) => Self::misfit(&misfit),
            SubmitError::Stopped { .. } => {
                Self::new("book-stopped").detail(error).retry_after(STOPPED_SECONDS)
            }
            SubmitError::Quarantined { stream, position } => {
                Self::quarantined(&path(stream), position)
            }
            SubmitError::TooLarge => Self::new("body-too-large").detail(error),
            SubmitError::Failed(_) => Self::new("internal"),
        }
    }
}
