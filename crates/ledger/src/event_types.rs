//! The types of events, and choosing some of them.

use std::collections::BTreeSet;
use std::str::FromStr;

use eventstore::RecordedEvent;

/// Every type that this build knows: the kind of stream, and the type in it.
pub const ALL: &[(&str, &str)] = &[
    ("order", "cancelled"),
    ("order", "completed"),
    ("order", "corrected"),
    ("order", "delivered"),
    ("order", "delivery_code_issued"),
    ("order", "delivery_code_refused"),
    ("order", "delivery_failed"),
    ("order", "delivery_retried"),
    ("order", "dispatched"),
    ("order", "edited"),
    ("order", "expired"),
    ("order", "forgiveness_taken_back"),
    ("order", "goods_returned"),
    ("order", "hold_lifted"),
    ("order", "import_resolved"),
    ("order", "imported"),
    ("order", "left_on_account"),
    ("order", "legacy_debit_linked"),
    ("order", "lines_cancelled"),
    ("order", "packed"),
    ("order", "payment_received"),
    ("order", "payment_taken_back"),
    ("order", "placed"),
    ("order", "processing_started"),
    ("order", "put_on_hold"),
    ("order", "receipt_approved"),
    ("order", "receipt_rejected"),
    ("order", "receipt_uploaded"),
    ("order", "received_back"),
    ("order", "refunded"),
    ("order", "released"),
    ("order", "reminded"),
    ("order", "reopened"),
    ("order", "returning_to_origin"),
    ("order", "shortfall_forgiven"),
    ("order", "stock_rejected"),
    ("payment", "allocated"),
    ("payment", "banked"),
    ("payment", "corrected"),
    ("payment", "matched"),
    ("payment", "recorded"),
    ("payment", "reversed"),
    ("receipt_file", "approved"),
    ("receipt_file", "uploaded"),
    ("settings", "changed"),
    ("statement_line", "matched"),
    ("statement_line", "recorded"),
    ("suspense", "booked"),
    ("suspense", "explained"),
    ("suspense", "opened"),
    ("wallet", "closed"),
    ("wallet", "corrected"),
    ("wallet", "credited"),
    ("wallet", "debited"),
    ("wallet", "debt_recorded"),
    ("wallet", "debt_repaid"),
    ("wallet", "debt_written_off"),
    ("wallet", "delivery_corrected"),
    ("wallet", "frozen"),
    ("wallet", "opened"),
    ("wallet", "payment_taken_out"),
    ("wallet", "reopened"),
    ("wallet", "top_up_approved"),
    ("wallet", "top_up_rejected"),
    ("wallet", "top_up_requested"),
    ("wallet", "topped_up"),
    ("wallet", "unfrozen"),
    ("wallet", "withdrawal_failed"),
    ("wallet", "withdrawal_paid"),
    ("wallet", "withdrawal_requested"),
];

/// Some types of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen(BTreeSet<(&'static str, &'static str)>);

/// There is no such type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no type of event")]
pub struct UnknownType;

impl FromStr for Chosen {
    type Err = UnknownType;

    /// `order.placed`, or `placed` for that type in every kind of stream that has it; several of
    /// them with commas.
    fn from_str(text: &str) -> Result<Self, UnknownType> {
        let mut chosen = Self::default();
        for name in text.split(',') {
            let of_name = |(stream, event_type): &(&str, &str)| match name.split_once('.') {
                Some((of_stream, of_type)) => *stream == of_stream && *event_type == of_type,
                None => *event_type == name,
            };
            let mut found = ALL.iter().copied().filter(of_name).peekable();
            if found.peek().is_none() {
                return Err(UnknownType);
            }
            chosen.0.extend(found);
        }
        Ok(chosen)
    }
}

impl Chosen {
    /// Takes in what others chose.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether an event is of a type that was chosen.
    pub fn has(&self, event: &RecordedEvent) -> bool {
        self.0.contains(&(&*event.stream.aggregate_type, event.event_type.as_str()))
    }

    /// The names, as `order.placed`.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(stream, event_type)| format!("{stream}.{event_type}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_catalogue_is_known_and_no_other() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        let described: BTreeSet<String> = files
            .filter_map(|name| {
                let name = name.to_str()?.strip_suffix(".schema.json")?.to_owned();
                Some(name.rsplit_once('.')?.0.to_owned())
            })
            .collect();
        let known: Vec<String> =
            ALL.iter().map(|(stream, event_type)| format!("{stream}.{event_type}")).collect();
        assert_eq!(known, described.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_type_is_chosen_in_one_kind_of_stream_or_in_all() {
        let names = |text: &str| text.parse::<Chosen>().map(|chosen| chosen.names());
        assert_eq!(names("placed").unwrap(), ["order.placed"]);
        assert_eq!(
            names("corrected").unwrap(),
            ["order.corrected", "payment.corrected", "wallet.corrected"]
        );
        assert_eq!(names("wallet.corrected,placed").unwrap(), ["order.placed", "wallet.corrected"]);
        for unknown in ["", "place", "wallet.placed", "placed,", "placed, packed", "order."] {
            assert_eq!(names(unknown), Err(UnknownType), "{unknown:?}");
        }
    }
}
