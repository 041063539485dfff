//! What goes over the wire: types of their own, so that the domain may change beneath them.

pub(crate) mod alert;
pub(crate) mod approval;
pub(crate) mod delivery_code;
pub(crate) mod event;
pub(crate) mod iban;
pub(crate) mod job;
pub(crate) mod job_result;
pub(crate) mod money;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod quarantine;
pub(crate) mod replay;
pub(crate) mod reply;
pub(crate) mod settings;
pub(crate) mod statement_line;
pub(crate) mod suspense;
pub(crate) mod wallet;
pub(crate) mod webhook;

use domain::{State, StreamKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A command that needs nothing but its path.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A state as a reply shows it; null for a stream that holds nothing.
pub(crate) fn state(stream: StreamKey, state: &State) -> Value {
    match (stream, state) {
        (StreamKey::Order(id), State::Order(order)) => {
            json!(order.facts().map(|facts| order::Order::of(id, facts)))
        }
        (StreamKey::Wallet(id), State::Wallet(wallet)) => {
            json!(wallet.facts().map(|facts| wallet::Wallet::of(id, facts)))
        }
        (StreamKey::Payment(id), State::Payment(payment)) => {
            json!(payment.facts().map(|facts| payment::Payment::of(id, facts)))
        }
        (StreamKey::Suspense(id), State::Suspense(item)) => {
            json!(item.facts().map(|facts| suspense::Suspense::of(id, facts)))
        }
        (StreamKey::StatementLine(id), State::StatementLine(line)) => {
            json!(line.facts().map(|facts| statement_line::StatementLine::of(id, facts)))
        }
        (StreamKey::Settings, State::Settings(settings)) => json!(settings::Settings::of(settings)),
        (stream, state) => unreachable!("{state:?} is not the state of {stream}"),
    }
}
