//! Executes commands over a book: load, decide, append, in one writer a node.

pub mod alerts;
pub mod allowed;
pub mod approvals;
pub mod as_of;
pub mod book_settings;
pub mod clock;
pub mod database;
pub mod deadlines;
pub mod delivery_codes;
pub mod disk;
pub mod event_types;
pub mod expiry;
pub mod feed;
pub mod filling;
pub mod fix;
pub mod gateways;
pub mod history;
pub mod hosts;
pub mod import;
pub mod inconsistencies;
pub mod jobs;
pub mod ledger;
pub mod load;
pub mod metrics;
pub mod monitors;
pub mod operations;
pub mod personal;
pub mod principals;
pub mod quarantine;
pub mod queries;
pub mod reached;
pub mod replay;
pub mod reports;
pub mod schema;
pub mod scrubber;
pub mod secrets;
mod signing;
pub mod standing;
pub mod statements;
mod states;
pub mod stopped;
pub mod submission;
mod tail;
pub mod verification;
pub mod view_states;
pub mod webhooks;
pub mod workers;
mod writer;

pub use clock::Clock;
pub use ledger::{Config, Ledger, OpenError};
pub use standing::Standing;
pub use submission::{
    Answer, Decided, EventSummary, Provenance, Render, Reply, Submission, SubmitError,
};
