//! A bank's statement as a file: every line of it is a command of its own, so that the lines that two
//! statements share are recorded once, and a line that is refused holds up no other.

use std::sync::Arc;

use domain::decide::Command;
use domain::id::{Code, PaymentId};
use domain::money::Amount;
use domain::{Event, Rejection, statement_line};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::quarantine::QUARANTINED;
use crate::submission::{Answer, Decided, Provenance, Reply, Submission, SubmitError};

mod file;

pub use file::{BadFile, COLUMNS, Fault, FileLine, LINES_MAX, StatementFile};

/// How many lines are handed to the writer at once.
const BATCH: usize = 64;

/// Whose import it is, and under which name.
#[derive(Debug, Clone)]
pub struct Import {
    /// The same again for a retry: from it come the ids of the lines' commands.
    pub name: Uuid,
    /// A digest of the whole file: the same name for another file is refused.
    pub fingerprint: Vec<u8>,
    pub provenance: Provenance,
    /// Says what would happen to each line alone, and records none.
    pub dry_run: bool,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Recorded,
    /// Recorded, and matched with the transfer that it names.
    Matched,
    /// It was recorded before.
    Known,
    Refused,
}

/// What became of the line in this row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub row: u64,
    pub account: Code,
    pub line: Code,
    pub outcome: Outcome,
    /// The payment that it was matched with.
    pub payment: Option<PaymentId>,
    /// Why it was refused: the rejection's code, and a sentence.
    pub refusal: Option<Refusal>,
    /// The ledger decided on it. Money that went out is none of its business, and leaves no trace.
    pub is_decided: bool,
    /// It was decided when this file was sent before.
    pub is_replayed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: String,
    pub detail: String,
}

/// What is stored with a line's command.
#[derive(Serialize, Deserialize)]
struct Stored {
    outcome: Outcome,
    payment: Option<PaymentId>,
    refusal: Option<Refusal>,
}

/// Records every line of a file. Should the ledger fail on the way, the same import can be asked for
/// again: what was recorded stays so.
pub async fn import(
    ledger: &Ledger,
    file: &StatementFile,
    import: &Import,
) -> Result<Vec<Told>, SubmitError> {
    let mut told = Vec::with_capacity(file.lines.len());
    if import.dry_run {
        // Each takes a connection of its own, which are few: one after the other.
        for line in &file.lines {
            told.push(record(ledger, line, import).await?);
        }
        return Ok(told);
    }
    // The first one alone: should the name have been used for another file, nothing else happens.
    let (first, rest) = file.lines.split_at(file.lines.len().min(1));
    for batch in std::iter::once(first).chain(rest.chunks(BATCH)) {
        let lines = batch.iter().map(|line| record(ledger, line, import));
        for line in join_all(lines).await {
            told.push(line?);
        }
    }
    Ok(told)
}

async fn record(ledger: &Ledger, line: &FileLine, import: &Import) -> Result<Told, SubmitError> {
    let Some(amount) = line.amount.as_amount() else {
        let refusal = Refusal {
            code: "bad-amount".to_owned(),
            detail: "only money that came in is recorded".to_owned(),
        };
        let stored = Stored { outcome: Outcome::Refused, payment: None, refusal: Some(refusal) };
        return Ok(Told { is_decided: false, ..told(line, stored, false) });
    };
    let submission = submission(line, amount, import);
    if import.dry_run {
        return match ledger.dry_run(submission).await {
            Err(error @ SubmitError::Quarantined { .. }) => Ok(set_aside(line, &error)),
            answer => {
                let (reply, _) = answer?;
                Ok(told(line, read(Some(&reply.body), reply.status), false))
            }
        };
    }
    match ledger.submit(submission).await {
        Err(error @ SubmitError::Quarantined { .. }) => Ok(set_aside(line, &error)),
        answer => {
            let Answer { body, status, is_replayed, .. } = answer?;
            Ok(told(line, read(body.as_deref(), status), is_replayed))
        }
    }
}

/// A line over which nothing is decided now: it holds up no other, and is decided anew when the file
/// is sent again.
fn set_aside(line: &FileLine, error: &SubmitError) -> Told {
    let refusal = Refusal { code: QUARANTINED.to_owned(), detail: error.to_string() };
    let stored = Stored { outcome: Outcome::Refused, payment: None, refusal: Some(refusal) };
    Told { is_decided: false, ..told(line, stored, false) }
}

fn submission(line: &FileLine, amount: Amount, import: &Import) -> Submission {
    let name = format!("statement row {}", line.row);
    let fingerprint = Sha256::new_with_prefix(&import.fingerprint).chain_update(&name).finalize();
    Submission {
        command_id: Uuid::new_v5(&import.name, name.as_bytes()),
        fingerprint: fingerprint.to_vec(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands: vec![Command::RecordStatementLine {
            account: line.account.clone(),
            line: line.line.clone(),
            date: line.date,
            amount,
            reference: line.reference.clone(),
        }],
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: import.provenance.clone(),
        render: Arc::new(render),
    }
}

fn render(decided: &Decided<'_>) -> Reply {
    let (status, stored) = match decided {
        Decided::Accepted { changes, .. } => {
            let matched = changes.iter().find_map(|change| match &change.event {
                Event::StatementLine(statement_line::Event::Matched { payments, .. }) => {
                    Some(payments.first().copied())
                }
                Event::StatementLine(statement_line::Event::Recorded(_))
                | Event::Order(_)
                | Event::Wallet(_)
                | Event::Payment(_)
                | Event::Suspense(_)
                | Event::ReceiptFile(_)
                | Event::Settings(_) => None,
            });
            let outcome = match matched {
                Some(_) => Outcome::Matched,
                None if changes.is_empty() => Outcome::Known,
                None => Outcome::Recorded,
            };
            (200, Stored { outcome, payment: matched.flatten(), refusal: None })
        }
        Decided::Refused(rejection) => (422, refused(rejection)),
    };
    let body = serde_json::to_string(&stored).expect("strings always make JSON");
    Reply { status, body, resource: None, version: None }
}

fn refused(rejection: &Rejection) -> Stored {
    let (code, detail) = (rejection.code().to_owned(), rejection.to_string());
    Stored { outcome: Outcome::Refused, payment: None, refusal: Some(Refusal { code, detail }) }
}

/// The stored answer; of one that was kept long enough, what is left of it.
fn read(body: Option<&str>, status: u16) -> Stored {
    let outcome = if status < 300 { Outcome::Known } else { Outcome::Refused };
    body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or(Stored {
        outcome,
        payment: None,
        refusal: None,
    })
}

fn told(line: &FileLine, stored: Stored, is_replayed: bool) -> Told {
    let Stored { outcome, payment, refusal } = stored;
    let (account, name) = (line.account.clone(), line.line.clone());
    Told {
        row: line.row,
        account,
        line: name,
        outcome,
        payment,
        refusal,
        is_decided: true,
        is_replayed,
    }
}
