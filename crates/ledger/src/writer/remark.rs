//! What the process's own log says of a decided command: streams, versions and positions, and who
//! asked by the name of their principal. Nothing that was sent, and nobody's personal data.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::decide::Change;
use domain::{Rejection, StreamKey};
use tracing::info;

use crate::metrics::{Metrics, Outcome};
use crate::submission::{Answer, Submission};

/// What is kept of a decision until it is in the log.
#[derive(Debug)]
pub(super) enum Remark {
    /// The streams with the versions that they have now.
    Accepted(BTreeMap<StreamKey, u64>),
    Refused(&'static str),
    Failed,
}

impl Remark {
    pub(super) fn of(decided: &Result<Vec<Change>, Rejection>) -> Self {
        match decided {
            Ok(changes) => Self::Accepted(
                changes.iter().map(|change| (change.stream, change.version)).collect(),
            ),
            Err(rejection) => Self::Refused(rejection.code()),
        }
    }

    /// One line, and the count.
    pub(super) fn write(
        &self,
        submission: &Submission,
        answer: Option<&Answer>,
        metrics: &Metrics,
    ) {
        let (outcome, streams, code) = match self {
            Self::Accepted(streams) => (Outcome::Accepted, list(streams), None),
            Self::Refused(code) => (Outcome::Refused, insisted(submission), Some(*code)),
            Self::Failed => (Outcome::Failed, insisted(submission), None),
        };
        metrics.decided(outcome, code);
        let provenance = &submission.provenance;
        let trace =
            provenance.traceparent.as_ref().and_then(|text| text.as_str().split('-').nth(1));
        info!(
            command = %submission.command_id,
            principal = provenance.actor.id.as_str(),
            streams,
            position = answer.map(|answer| answer.position.get()),
            code,
            trace.id = trace,
            "{}",
            match outcome {
                Outcome::Accepted => "a command was accepted",
                Outcome::Refused => "a command was refused",
                Outcome::Replayed | Outcome::Failed => "a command could not be decided",
            }
        );
    }
}

/// The streams whose versions the caller insisted on, where nothing changed.
fn insisted(submission: &Submission) -> String {
    list(&submission.expected.iter().copied().collect())
}

fn list(streams: &BTreeMap<StreamKey, u64>) -> String {
    let mut text = String::new();
    for (stream, version) in streams {
        let comma = if text.is_empty() { "" } else { " " };
        write!(text, "{comma}{stream}@{version}").ok();
    }
    text
}
