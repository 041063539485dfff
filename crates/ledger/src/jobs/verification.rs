//! A verification: goes through log and views in short snapshots, and keeps what it found.

use projections::{Check, Finding, Options as What, Report, Verification, VerifyError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

use super::lease::Lease;
use super::work::{Broken, Made, Options, Told};
use super::{Wish, row};
use crate::ledger::Ledger;
use crate::verification;

/// What came of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// How many findings there are, listed or not.
    pub found: u64,
    /// Debits less credits over all currencies: "0", or what does not balance.
    pub trial_balance: String,
    pub report: Report,
}

impl Verified {
    fn of(report: Report) -> Self {
        let listed = u64::try_from(report.findings.len()).unwrap_or(u64::MAX);
        let off = report.trial_balance.iter().filter(|sums| !sums.difference().is_zero());
        let off: Vec<String> =
            off.map(|sums| format!("{} {}", sums.difference(), sums.currency)).collect();
        Self {
            found: listed.saturating_add(report.unlisted),
            trial_balance: if off.is_empty() { "0".to_owned() } else { off.join(", ") },
            report,
        }
    }

    fn summary(&self) -> String {
        let Report { events, rows, position, findings, .. } = &self.report;
        // Rows and money before what only keeps hands off them.
        let first = findings.iter().find(|finding| finding.check != Check::Guard);
        let found = match (self.found, first.or_else(|| findings.first())) {
            (0, _) => "no difference".to_owned(),
            (1, Some(finding)) => format!("one difference: {}", text(finding)),
            (found, Some(finding)) => {
                format!("{found} differences, the first: {}", text(finding))
            }
            (found, None) => format!("{found} differences"),
        };
        format!("{events} events and {rows} view rows up to {position}: {found}")
    }
}

/// A row as a whole is no text for a line.
fn text(finding: &Finding) -> String {
    let short = |value: &Option<Value>| value.clone().filter(|value| !value.is_object());
    let (expected, found) = (short(&finding.expected), short(&finding.found));
    Finding { expected, found, ..finding.clone() }.to_string()
}

/// Goes on from where it was kept last to the end.
pub(super) async fn make(
    conn: &mut PgConnection,
    ledger: &Ledger,
    options: &Options,
    lease: &mut Lease<'_>,
) -> Result<Made, Broken> {
    let kept: Option<Verification> = row::checkpoint(conn, ledger.book(), lease.claim.job).await?;
    let mut verification = kept.unwrap_or_default();
    let since = match &lease.job.wish {
        Wish::Verification { since } => *since,
        Wish::Rebuild { .. } => None,
    };
    let what = What { since, ..What::default() };
    let vault = options.vault.as_ref();
    let report = verification::run(conn, ledger, vault, &what, &mut verification, lease).await?;
    let verified = Verified::of(report);
    Ok(Made::Done(Told::new(verified.summary(), &verified)?))
}

impl From<VerifyError> for Broken {
    fn from(error: VerifyError) -> Self {
        let code = match error {
            VerifyError::Cancelled => return Self::Cancelled,
            VerifyError::Lost => return Self::Lost,
            VerifyError::Database(cause) => return cause.into(),
            VerifyError::NoSuchPosition(_) => "position-not-found",
            VerifyError::Format(_) => "outdated",
            VerifyError::Head(_) => "internal",
        };
        Self::refused(code, &error)
    }
}
