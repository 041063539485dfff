//! Putting orders right: a stored plan, a second person where money needs one, and its application.
//!
//! A plan says for each order what is wrong, by what proof, which commands would run, and what they
//! would change, worked out by really deciding them. Its digest covers all of that and the versions
//! of the streams it rests on. What is applied is exactly that plan, one order at a time, each order
//! whole or not at all.

mod apply;
mod canonical;
mod four_eyes;
mod plan;
mod propose;
mod refer;
mod sketch;
mod step;

pub use apply::{Applied, AppliedOrder, Outcome, apply, approve};
pub use plan::{
    Moved, OrderPlan, Plan, PlanRequest, Standing, StoredPlan, StreamVersion, plan, stored,
};
pub(crate) use plan::{make, store};
pub use refer::{Decision, OrderRef, StatedFacts, StatedTransfer};
pub use step::Step;

use domain::id::OrderId;
use serde::{Deserialize, Serialize};

use crate::inconsistencies::InconsistencyError;
use crate::load::LoadError;

#[derive(Debug, thiserror::Error)]
pub enum FixError {
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
    #[error("could not read the orders")]
    Read(#[from] InconsistencyError),
    #[error("could not load a stream")]
    Load(#[from] LoadError),
    #[error("there is no order {0}")]
    UnknownOrder(OrderRef),
    #[error("several orders bear the number {number}: name one by its id")]
    AmbiguousNumber { number: OrderRef, orders: Vec<OrderId> },
    #[error("two decisions are about order {0}")]
    DecidedTwice(OrderRef),
    #[error("a decision is about order {0}, which is not to be fixed")]
    DecisionElsewhere(OrderRef),
    #[error("there is no plan {0}")]
    UnknownPlan(String),
    #[error("plan {0} was changed after it was stored")]
    TamperedPlan(String),
    #[error("this plan needs another person's approval: {}", reasons.join("; "))]
    NeedsSecondPerson { digest: String, reasons: Vec<String> },
    #[error("only a person can approve a plan")]
    NotAPerson,
    #[error("whoever made a plan cannot approve it")]
    SamePerson,
}

/// Why something of a plan does not work, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: String,
    pub detail: String,
}

impl Problem {
    fn new(code: &str, detail: impl Into<String>) -> Self {
        Self { code: code.to_owned(), detail: detail.into() }
    }
}

impl From<&domain::Rejection> for Problem {
    fn from(rejection: &domain::Rejection) -> Self {
        Self::new(rejection.code(), rejection.to_string())
    }
}
