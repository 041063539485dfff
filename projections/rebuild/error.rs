//! Why a rebuild could not be done. What readers see is as it was.

use eventstore::{BookId, Generation, HeadError, Position};

use super::differences::Differences;
use crate::keeper::GoOn;

#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("there is no projection {0}")]
    UnknownProjection(String),
    #[error(transparent)]
    Head(HeadError),
    #[error("book {0} is in a format that this build does not understand")]
    Format(BookId),
    /// It was begun by a build that folds otherwise: it has to begin anew.
    #[error("the rebuild of {name} was begun with fold version {begun}, and this build has {ours}")]
    OtherFold { name: String, begun: i32, ours: i32 },
    /// It is not above what readers see: it was switched to, or somebody else's was.
    #[error("generation {generation} of {name} is not above the live one")]
    NotAbove { name: String, generation: Generation },
    /// Journal lines are final: a changed rule applies forward only.
    #[error("the journal would change at {}", list(.positions))]
    JournalWouldChange {
        /// Of the events at fault, the first hundred.
        positions: Vec<Position>,
    },
    /// Money in a view would change, and nobody agreed to it.
    #[error("money would change in {}", .0.views_with_money().join(", "))]
    MoneyWouldChange(Box<Differences>),
    /// So many streams cannot be read that it is the build that is wrong.
    #[error("more than {0} streams cannot be folded by this build")]
    TooManyQuarantined(usize),
    /// So much is written that writers would have to wait for what is left, however often it is
    /// caught up with.
    #[error("too much is written for a switch: after {tries} tries there were {left} events left")]
    TooBusy { tries: u32, left: u64 },
    #[error("the rebuild was cancelled")]
    Cancelled,
    #[error("another process has taken the rebuild over")]
    Lost,
    #[error("the head of book {0} moved although it was held")]
    Moved(BookId),
    #[error("could not rebuild book {book}")]
    Database {
        book: BookId,
        #[source]
        cause: sqlx::Error,
    },
}

impl From<HeadError> for RebuildError {
    fn from(error: HeadError) -> Self {
        match error {
            HeadError::Database { book, cause } => Self::Database { book, cause },
            HeadError::UnknownBook(_) => Self::Head(error),
        }
    }
}

impl RebuildError {
    pub(super) fn database(book: BookId) -> impl Fn(sqlx::Error) -> Self + Copy {
        move |cause| Self::Database { book, cause }
    }

    /// Whether the keeper lets the step be committed.
    pub(super) fn unless_stopped(go_on: GoOn) -> Result<(), Self> {
        match go_on {
            GoOn::Yes => Ok(()),
            GoOn::Cancelled => Err(Self::Cancelled),
            GoOn::Lost => Err(Self::Lost),
        }
    }
}

fn list(positions: &[Position]) -> String {
    let positions: Vec<_> = positions.iter().map(ToString::to_string).collect();
    format!("position {}", positions.join(", "))
}
