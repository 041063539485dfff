//! Stored forms are for ever: each has a golden file, which is added to and never edited.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::account::SuspenseItem;
use domain::order::import::Stage;
use domain::settings::Setting;
use domain::{Event, order, payment, receipt_file, suspense, wallet};
use serde::de::DeserializeOwned;

use crate::sample::{event_types, samples, variants};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn files() -> BTreeSet<String> {
    fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect()
}

#[test]
fn every_stored_form_is_written_byte_for_byte_as_its_golden_file_and_read_back_as_it_was_meant() {
    for (name, (stream, event)) in samples() {
        let payload = event.payload().unwrap();
        let golden = fs::read_to_string(folder().join(format!("{name}.json")))
            .unwrap_or_else(|_| panic!("there is no golden file for {name}: {payload}"));
        let golden = golden.trim_end();
        assert_eq!(payload, golden, "{name}");
        assert_eq!(Event::parse(stream.aggregate_type(), golden).unwrap(), event, "{name}");
    }
}

#[test]
fn every_golden_file_has_its_expected_value() {
    let expected: BTreeSet<String> = samples().into_keys().collect();
    assert_eq!(files(), expected);
}

#[test]
fn every_event_type_has_a_golden_file() {
    let files = files();
    for event_type in event_types() {
        let prefix = format!("{event_type}.1");
        assert!(files.iter().any(|file| file.starts_with(&prefix)), "{prefix}*.json is missing");
    }
}

#[test]
fn every_form_that_an_event_can_take_has_a_golden_file() {
    fn check<T: DeserializeOwned>(event: &str, files: &BTreeSet<String>) {
        for variant in variants::<T>() {
            let name = format!("{event}.{variant}");
            assert!(files.contains(&name), "{name}.json is missing");
        }
    }
    let files = files();
    check::<order::Source>("order.payment_received.1", &files);
    check::<order::Department>("order.put_on_hold.1", &files);
    check::<order::Proof>("order.delivered.1", &files);
    check::<Stage>("order.imported.1", &files);
    check::<wallet::Source>("wallet.credited.1", &files);
    check::<wallet::Purpose>("wallet.debited.1", &files);
    check::<wallet::DebtCause>("wallet.debt_recorded.1", &files);
    check::<wallet::Repayment>("wallet.debt_repaid.1", &files);
    check::<suspense::Against>("suspense.explained.1", &files);
    check::<SuspenseItem>("suspense.opened.1", &files);
    check::<wallet::Movement>("wallet.corrected.1", &files);
    check::<payment::Kind>("payment.recorded.1", &files);
    check::<payment::Kind>("payment.corrected.1", &files);
    check::<payment::Held>("payment.matched.1", &files);
    check::<payment::Held>("payment.reversed.1", &files);
    check::<receipt_file::On>("receipt_file.uploaded.1", &files);
    check::<receipt_file::On>("receipt_file.approved.1", &files);
    check::<payment::Target>("payment.allocated.1", &files);
    check::<Setting>("settings.changed.1", &files);
}

#[test]
fn an_event_of_another_stream_or_of_no_stream_is_not_read() {
    assert!(Event::parse("wallet", "\"released\"").is_err());
    assert!(Event::parse("customer", "\"released\"").is_err());
    assert!(Event::parse("order", "\"teleported\"").is_err());
}
