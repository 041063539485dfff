//! Order numbers: each that is allotted is the next one of its series, above those taken over.

use std::collections::BTreeMap;

use domain::order;
use domain::{Event, number};
use eventstore::{RecordedEvent, Upcasters};
use serde::{Deserialize, Serialize};

use super::finding::{Check, Finding, Findings};
use crate::replay::decode;

/// The highest counter of each series so far, allotted or taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counters {
    last: BTreeMap<String, u32>,
    /// What came before was not looked at: the first number of a series is believed.
    is_part: bool,
}

impl Counters {
    pub(super) fn new(is_part: bool) -> Self {
        Self { last: BTreeMap::new(), is_part }
    }

    pub(super) fn follow(
        &mut self,
        upcasters: &Upcasters,
        recorded: &RecordedEvent,
        findings: &mut Findings,
    ) {
        let is_numbered = recorded.stream.aggregate_type == "order"
            && matches!(recorded.event_type.as_str(), "placed" | "imported");
        if !is_numbered {
            return;
        }
        // One that cannot be read is named with its stream.
        let Ok((_, Event::Order(event))) = decode(recorded, upcasters) else { return };
        if let order::Event::Imported(imported) = &event {
            if let Some((series, counter)) = &imported.series {
                let last = self.last.entry(series.to_string()).or_default();
                *last = (*last).max(*counter);
            }
            return;
        }
        let order::Event::Placed(placed) = &event else { return };
        let series = placed.series.to_string();
        let last = self.last.get(&series).copied();
        let is_known = last.is_some() || !self.is_part;
        let next = last.unwrap_or_default().saturating_add(1);
        if is_known && placed.counter != next {
            let key = format!("{series} {}", recorded.stream.aggregate_id);
            let finding = Finding::new(Check::Number, key);
            findings.add(
                finding
                    .expected(next.to_string())
                    .found(placed.counter.to_string())
                    .at(recorded.position),
            );
        }
        let text = number::number(&placed.series, placed.counter).ok();
        if text.as_ref() != Some(&placed.number) {
            let finding = Finding::new(Check::Number, recorded.stream.aggregate_id.as_str());
            let expected = text.map_or_else(String::new, |text| text.to_string());
            findings.add(
                finding.expected(expected).found(placed.number.to_string()).at(recorded.position),
            );
        }
        let last = self.last.entry(series).or_default();
        *last = (*last).max(placed.counter);
    }
}
