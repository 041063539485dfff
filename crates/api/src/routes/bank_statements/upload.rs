//! `POST /api/bank-statements`: a bank's statement as CSV, each line of which is recorded alone.

use axum::body::Body as RequestBody;
use axum::extract::{FromRequest, State};
use axum::http::{HeaderValue, Request, header};
use axum::response::{IntoResponse, Response};
use domain::id::StatementLineId;
use ledger::Provenance;
use ledger::statements::{self, BadFile, COLUMNS, Import, LINES_MAX, Outcome, StatementFile, Told};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::attempt::{Attempt, Parameters};
use crate::caller::Caller;
use crate::command::{REPLAYED, must_not_be_refused_too_often};
use crate::extract::{Json, collect};
use crate::problem::Problem;
use crate::scope::KEEP_STATEMENTS;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/bank-statements";
const MEDIA_TYPE: &str = "text/csv";

/// There is nothing in it that would wait for a second person.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DryRun {
    /// Says what would become of each line alone, and records none.
    dry_run: Option<bool>,
}

impl Parameters for DryRun {
    /// A file has no version.
    const IS_COMMAND: bool = false;

    fn dry_run(&self) -> Option<bool> {
        self.dry_run
    }
}

/// What became of the lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankStatementReply)]
pub(crate) struct Body {
    recorded: usize,
    /// Recorded, and matched with the transfer that the line names.
    matched: usize,
    /// Recorded before: by this file or by another.
    known: usize,
    refused: usize,
    lines: Vec<Entry>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankStatementLine)]
struct Entry {
    /// The file's line that it begins in; the header's is 1.
    row: u64,
    statement_line: Uuid,
    /// `recorded`, `matched`, `known` or `refused`
    #[schema(value_type = String)]
    outcome: Outcome,
    /// The payment that it was matched with.
    payment: Option<Uuid>,
    /// Why it was refused, as a problem's code.
    code: Option<String>,
    detail: Option<String>,
}

impl From<Told> for Entry {
    fn from(told: Told) -> Self {
        let (code, detail) = told.refusal.map(|refusal| (refusal.code, refusal.detail)).unzip();
        Self {
            row: told.row,
            statement_line: StatementLineId::of(told.account.as_str(), told.line.as_str()).uuid(),
            outcome: told.outcome,
            payment: told.payment.map(domain::id::PaymentId::uuid),
            code,
            detail,
        }
    }
}

/// A statement as the whole body of a request, and its digest.
pub(crate) struct Upload {
    file: StatementFile,
    digest: String,
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request<RequestBody>, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = collect(body, app.limits.file_max).await?;
        let media_type = parts.headers.get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(Problem::new("file-type").member("allowed", [MEDIA_TYPE]));
        }
        let file = StatementFile::parse(&bytes).map_err(|bad| refuse(&bad))?;
        Ok(Self { file, digest: hex::encode(Sha256::digest(&bytes)) })
    }
}

fn refuse(bad: &BadFile) -> Problem {
    let problem = Problem::new("invalid-statement").detail(bad);
    match bad {
        BadFile::TooLong => problem.member("lines_max", LINES_MAX),
        BadFile::Header => problem.member("columns", COLUMNS).fault("/1", "wrong-columns"),
        BadFile::Faults(faults) => faults.iter().fold(problem, |problem, fault| {
            let column = fault.column.map(|column| format!("/{column}")).unwrap_or_default();
            problem.fault(format!("/{}{column}", fault.row), fault.code)
        }),
    }
}

/// Records the lines of a statement. A line that is known repeats nothing, and one that is refused
/// holds up no other; a file that cannot be understood is refused whole, with every row and column
/// at fault.
#[utoipa::path(
    post,
    path = "/api/bank-statements",
    tag = "statements",
    operation_id = "upload_bank_statement",
    params(DryRun),
    request_body(content = String, content_type = "text/csv", description = "account,line,date,amount,currency,reference"),
    responses(
        (status = 200, description = "What became of each line", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ KEEP_STATEMENTS }>,
    attempt: Attempt<true, DryRun>,
    upload: Upload,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("statements")?;
    must_not_be_refused_too_often(&app, &caller)?;
    let import = Import {
        name: attempt.name(&app, &caller.credential).id,
        fingerprint: app.secrets.mac(&[ROUTE, &upload.digest]),
        provenance: Provenance {
            traceparent: attempt.traceparent(),
            ..Provenance::of(caller.credential.actor(caller.on_behalf_of.clone()))
        },
        dry_run: attempt.dry_run,
    };
    let told = statements::import(&app.ledger, &upload.file, &import).await?;
    let now = app.ledger.clock().now();
    let decided = || told.iter().filter(|line| line.is_decided);
    let is_replayed = decided().next().is_some() && decided().all(|line| line.is_replayed);
    if !attempt.dry_run {
        for _ in decided().filter(|line| line.outcome == Outcome::Refused && !line.is_replayed) {
            app.refusals.count(caller.credential.principal.as_str(), now);
        }
    }
    let count = |outcome| told.iter().filter(|line| line.outcome == outcome).count();
    let body = Body {
        recorded: count(Outcome::Recorded),
        matched: count(Outcome::Matched),
        known: count(Outcome::Known),
        refused: count(Outcome::Refused),
        dry_run: attempt.dry_run.then_some(true),
        lines: told.into_iter().map(Entry::from).collect(),
    };
    let mut response = Json(body).into_response();
    if is_replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
