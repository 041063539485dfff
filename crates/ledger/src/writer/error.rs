//! Why a batch was not committed, and what helps.

use std::time::Duration;

use eventstore::verify::VerifyError;
use eventstore::{AppendError, BookId, HeadError};
use projections::Misfit;

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
pub(super) enum BatchError {
    #[error("the head had moved")]
    Moved,
    #[error("could not read the head")]
    Head(#[from] HeadError),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    #[error("the database did not answer within {} seconds", .0.as_secs())]
    Silent(Duration),
    #[error("could not append")]
    Append(#[from] AppendError),
    #[error("book {0} is in a format that this node does not understand")]
    Format(BookId),
    #[error("the folds of book {0} are not those of this node")]
    Misfit(BookId, #[source] Misfit),
    #[error("could not follow the chain")]
    Chain(#[from] VerifyError),
    #[error("book {0} is stopped: {1}")]
    Stopped(BookId, String),
}

/// What helps against an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Another node was first, or knows a command of the batch, or readers see other projections
    /// now: decide anew under the lock.
    Lock,
    /// A stream that was said to be fresh is not, or the cache is not what it should be: load
    /// everything and decide anew.
    Reload,
    /// The database is away or busy: the batch may be in the log or not. Ask under the lock.
    Wait,
    /// This node cannot write the book as it is now, or nobody may.
    Upgrade,
    /// Something in the batch is to blame: halve it until the culprit stands alone.
    Halve,
    /// Nothing that the writer could do.
    GiveUp,
}

impl BatchError {
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Moved | Self::Append(AppendError::Fold { .. }) => Remedy::Lock,
            Self::Silent(_)
            | Self::Append(AppendError::ConnectionLost { .. } | AppendError::Busy { .. }) => {
                Remedy::Wait
            }
            Self::Append(AppendError::Database { cause, .. }) => match constraint(cause) {
                // The names of a distributed table's parts end in numbers.
                Some(name) if name.starts_with("commands_pkey") => Remedy::Lock,
                Some(name) if name.starts_with("events_stream_sequence_key") => Remedy::Reload,
                Some(_) | None => Remedy::Halve,
            },
            Self::Append(AppendError::Format { .. })
            | Self::Format(_)
            | Self::Misfit(..)
            | Self::Stopped(..) => Remedy::Upgrade,
            Self::Database(cause)
            | Self::Head(HeadError::Database { cause, .. })
            | Self::Chain(VerifyError::Database(cause))
                if is_passing(cause) =>
            {
                Remedy::Wait
            }
            Self::Database(_) => Remedy::Halve,
            Self::Head(_) | Self::Chain(_) => Remedy::GiveUp,
        }
    }

    /// Whether the connection that met with it can be used again.
    pub(super) fn keeps_connection(&self) -> bool {
        self.remedy() != Remedy::Wait
    }
}

/// Whether the same may succeed once the database is back.
pub(super) fn is_passing(cause: &sqlx::Error) -> bool {
    eventstore::is_connection_lost(cause) || eventstore::append::is_busy(cause)
}

fn constraint(cause: &sqlx::Error) -> Option<&str> {
    let sqlx::Error::Database(cause) = cause else { return None };
    cause.constraint()
}

/// An error with its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
