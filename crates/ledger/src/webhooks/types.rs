//! What a webhook is told of: types of events, and what happens to alerts.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::alerts::{Change, What};
use crate::event_types::{Chosen, UnknownType};

/// Before the name of what happened to an alert.
const OF_ALERTS: &str = "alert";

/// Some types of events, and of changes of alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types {
    events: Chosen,
    alerts: BTreeSet<What>,
}

impl FromStr for Types {
    type Err = UnknownType;

    /// As types of events are chosen; or `alert.opened`, which is never meant by `opened` alone.
    fn from_str(text: &str) -> Result<Self, UnknownType> {
        let mut types = Self::default();
        for name in text.split(',') {
            match name.split_once('.') {
                Some((OF_ALERTS, what)) => {
                    types.alerts.insert(What::parse(what).ok_or(UnknownType)?);
                }
                Some(_) | None => types.events.join(name.parse()?),
            }
        }
        Ok(types)
    }
}

impl Types {
    /// Takes in what others chose.
    pub fn join(&mut self, other: Self) {
        self.events.join(other.events);
        self.alerts.extend(other.alerts);
    }

    /// The names, as `order.placed` and `alert.opened`.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.events.names();
        names.extend(self.alerts.iter().map(|what| name(*what)));
        names
    }
}

/// What a message calls a change of an alert: `alert.opened`.
pub fn alert_type(change: &Change) -> String {
    name(change.what)
}

fn name(what: What) -> String {
    format!("{OF_ALERTS}.{}", what.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_alerts_are_named_with_what_they_are_of() {
        let names = |text: &str| text.parse::<Types>().map(|types| types.names());
        assert_eq!(names("alert.opened").unwrap(), ["alert.opened"]);
        assert_eq!(names("opened").unwrap(), ["suspense.opened", "wallet.opened"]);
        assert_eq!(
            names("alert.reopened,placed,alert.opened").unwrap(),
            ["order.placed", "alert.opened", "alert.reopened"]
        );
        for unknown in ["alert", "alert.", "alert.placed", "order.acknowledged", "alert.opened,"] {
            assert_eq!(names(unknown), Err(UnknownType), "{unknown:?}");
        }
    }
}
