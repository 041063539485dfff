//! The posting table: what every event does to the accounts, and to which item of each.

use std::collections::BTreeMap;

use domain::account::Side;
use domain::{StreamKey, posting};

use crate::build;
use crate::sample::{order_id, payment_id, request_id, samples, suspense_id, wallet_id};

/// Each form of each event and its entry; `-` where it posts nothing. O, W, P, S and R stand
/// for the order, the wallet, the payment, the suspense item and the request.
const TABLE: &str = "
order.placed.1                         | -
order.payment_received.1.wallet        | -
order.payment_received.1.payment       | Dr 2120:P 44, Cr 2200:O 44
order.receipt_uploaded.1               | -
order.receipt_approved.1               | -
order.receipt_rejected.1               | -
order.receipt_uploaded.1.repeated      | -
order.shortfall_forgiven.1             | Dr 5040 44, Cr 2200:O 44
order.forgiveness_taken_back.1         | Dr 2200:O 44, Cr 5040 44
order.payment_taken_back.1             | Dr 2200:O 44, Cr 2120:P 44
order.reminded.1                       | -
order.released.1                       | -
order.processing_started.1             | -
order.packed.1                         | -
order.stock_rejected.1                 | -
order.dispatched.1                     | -
order.delivered.1                      | Dr 2200:O 99, Dr 4095:O 10, Cr 4010:O 100, Cr 4020:O 5, Cr 4030:O 2, Cr 2400 3, Dr 5040 1
order.dispatched.1.with_code           | -
order.delivery_code_issued.1           | -
order.delivery_code_refused.1          | -
order.delivered.1.code                 | Dr 2200:O 99, Dr 4095:O 10, Cr 4010:O 100, Cr 4020:O 5, Cr 4030:O 2, Cr 2400 3, Dr 5040 1
order.delivered.1.override             | Dr 2200:O 99, Dr 4095:O 10, Cr 4010:O 100, Cr 4020:O 5, Cr 4030:O 2, Cr 2400 3, Dr 5040 1
order.delivery_failed.1                | -
order.delivery_retried.1               | -
order.returning_to_origin.1            | -
order.received_back.1                  | -
order.received_back.1.unpaid           | -
order.goods_returned.1                 | -
order.refunded.1                       | -
order.refunded.1.without_fees          | -
order.refunded.1.free                  | Dr 4090:O 10, Cr 4095:O 10
order.completed.1                      | -
order.cancelled.1                      | -
order.lines_cancelled.1                | -
order.lines_cancelled.1.last           | -
order.edited.1                         | -
order.expired.1                        | -
order.reopened.1                       | -
order.reopened.1.completed             | -
order.put_on_hold.1.finance            | -
order.put_on_hold.1.warehouse          | -
order.put_on_hold.1.logistics          | -
order.hold_lifted.1                    | -
order.corrected.1                      | -
order.corrected.1.delivery             | Cr 2200:O 99, Cr 4095:O 10, Dr 4010:O 100, Dr 4020:O 5, Dr 4030:O 2, Dr 2400 3, Cr 5040 1
order.imported.1.review                | Dr 3900:O 98, Cr 2200:O 98
order.imported.1.open                  | Dr 3900:O 98, Cr 2200:O 98
order.imported.1.open_with_deadline    | Dr 3900:O 98, Cr 2200:O 98
order.imported.1.released              | Dr 3900:O 98, Cr 2200:O 98
order.imported.1.dispatched            | Dr 3900:O 98, Cr 2200:O 98
order.imported.1.delivered             | -
order.imported.1.completed             | -
order.imported.1.ended                 | -
order.legacy_debit_linked.1            | Dr 3900:O 44, Cr 2200:O 44
order.import_resolved.1                | -
order.import_resolved.1.delivered      | Dr 2200:O 99, Dr 4095:O 10, Cr 4010:O 100, Cr 4020:O 5, Cr 4030:O 2, Cr 2400 3, Dr 5040 1
order.left_on_account.1                | Dr 1100:94 44, Cr 2200:O 44
wallet.opened.1                        | -
wallet.opened.1.imported               | Cr 2100:W 100, Dr 3900:W 70, Dr 9010:W 30
wallet.opened.1.in_debt                | Dr 1100:94 100, Cr 3900:W 70, Cr 9010:W 30
wallet.topped_up.1                     | Dr 2120:P 44, Cr 2100:W 44
wallet.topped_up.1.alone               | Dr 2120:P 44, Cr 2100:W 44
wallet.credited.1.excess               | Dr 2120:P 44, Cr 2100:W 44
wallet.credited.1.late                 | Dr 2120:P 44, Cr 2100:W 44
wallet.credited.1.cancelled            | Dr 2200:O 44, Cr 2100:W 44
wallet.credited.1.expired              | Dr 2200:O 44, Cr 2100:W 44
wallet.credited.1.refund               | Dr 4090:O 100, Dr 2400 3, Dr 4020:O 5, Dr 4030:O 2, Cr 5040 1, Cr 4095:O 10, Cr 2100:W 99
wallet.credited.1.goodwill             | Dr 5020 44, Cr 2100:W 44
wallet.credited.1.adjustment           | Dr 9010:W 44, Cr 2100:W 44
wallet.credited.1.double_charge        | Dr 3900:W 44, Cr 2100:W 44
wallet.debited.1.order_payment         | Dr 2100:W 44, Cr 2200:O 44
wallet.debited.1.shortfall             | Dr 2100:W 44, Cr 2200:O 44
wallet.debited.1.adjustment            | Dr 2100:W 44, Cr 9010:W 44
wallet.debited.1.adjustment.item       | Dr 2100:W 44, Cr 9010:S 44
wallet.debited.1.payment_reversed      | Dr 2100:W 44, Cr 2120:P 44
wallet.corrected.1.goodwill            | Dr 2100:W 44, Cr 5020 44
wallet.corrected.1.adjustment_up       | Dr 2100:W 44, Cr 9010:W 44
wallet.corrected.1.adjustment_down     | Dr 9010:W 44, Cr 2100:W 44
wallet.top_up_requested.1              | -
wallet.top_up_approved.1               | -
wallet.top_up_rejected.1               | -
wallet.withdrawal_requested.1          | Dr 2100:W 44, Cr 2300:R 44
wallet.withdrawal_paid.1               | Dr 2300:R 44, Cr 1010:rafidain-1 44
wallet.withdrawal_failed.1             | Dr 2300:R 44, Cr 2100:W 44
wallet.frozen.1                        | -
wallet.unfrozen.1                      | -
wallet.closed.1                        | -
wallet.reopened.1                      | -
wallet.debt_recorded.1.payment_reversed | -
wallet.debt_recorded.1.left_on_account | -
wallet.debt_repaid.1.wallet            | Dr 2100:W 44, Cr 1100:94 44
wallet.debt_repaid.1.payment           | Dr 2120:P 44, Cr 1100:94 44
wallet.debt_written_off.1              | Dr 5030 44, Cr 1100:94 44
wallet.delivery_corrected.1            | -
wallet.payment_taken_out.1             | -
suspense.opened.1.wallet               | -
suspense.opened.1.item                 | -
suspense.booked.1                      | -
suspense.explained.1.opening_balance   | Cr 3900:W 30, Dr 9010:W 30
suspense.explained.1.write_off         | Cr 5030 30, Dr 9010:W 30
suspense.explained.1.goodwill          | Cr 5020 30, Dr 9010:W 30
suspense.explained.1.rounding          | Cr 5040 30, Dr 9010:W 30
payment.recorded.1.bank_transfer       | Dr 1020:P 44, Cr 2120:P 44
payment.recorded.1.gateway             | Dr 1030:P 44, Cr 2120:P 44
payment.recorded.1.cash                | Dr 1040:P 44, Cr 2120:P 44
payment.allocated.1.order              | -
payment.allocated.1.wallet             | -
payment.allocated.1.debt               | -
payment.banked.1                       | Dr 1010:rafidain-1 44, Cr 1040:P 44
payment.matched.1.bank_clearing        | Dr 1010:rafidain-1 43, Cr 1020:P 44, Dr 5010 1
payment.matched.1.gateway_clearing     | Dr 1010:rafidain-1 43, Cr 1030:P 44, Dr 5010 1
payment.matched.1.cash                 | Dr 1010:rafidain-1 43, Cr 1040:P 44, Dr 5010 1
payment.matched.1.bank                 | Cr 1010:rafidain-1 1, Dr 5010 1
payment.reversed.1.bank_clearing       | Dr 1100:94 40, Dr 2120:P 4, Cr 1020:P 44
payment.reversed.1.gateway_clearing    | Dr 1100:94 40, Dr 2120:P 4, Cr 1030:P 44
payment.reversed.1.cash                | Dr 1100:94 40, Dr 2120:P 4, Cr 1040:P 44
payment.reversed.1.bank                | Dr 1100:94 40, Dr 2120:P 4, Cr 1010:rafidain-1 44
statement_line.recorded.1              | -
statement_line.matched.1               | -
receipt_file.uploaded.1.order          | -
receipt_file.uploaded.1.top_up         | -
receipt_file.approved.1.order          | -
receipt_file.approved.1.top_up         | -
payment.corrected.1.bank_transfer      | Dr 2120:P 44, Cr 1020:P 44
payment.corrected.1.gateway            | Dr 2120:P 44, Cr 1030:P 44
payment.corrected.1.cash               | Dr 2120:P 44, Cr 1040:P 44
";

fn entry(stream: StreamKey, event: &domain::Event) -> String {
    let entry = posting::entry(stream, event).unwrap();
    let items = [
        (order_id().to_string(), "O"),
        (wallet_id().to_string(), "W"),
        (payment_id().to_string(), "P"),
        (suspense_id().to_string(), "S"),
        (request_id().to_string(), "R"),
    ];
    let lines = entry.postings().iter().map(|posting| {
        let side = match posting.side {
            Side::Debit => "Dr",
            Side::Credit => "Cr",
        };
        let (account, item) = (posting.account.code(), posting.account.item());
        let item =
            items.iter().find(|(id, _)| *id == item).map_or(item, |(_, name)| (*name).into());
        let separator = if item.is_empty() { "" } else { ":" };
        format!("{side} {account}{separator}{item} {}", posting.amount.money().amount())
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { "-".to_owned() } else { lines.join(", ") }
}

#[test]
fn every_event_posts_what_the_table_says_and_nothing_else() {
    let table: BTreeMap<&str, &str> = TABLE
        .lines()
        .filter_map(|row| row.split_once('|'))
        .map(|(name, entry)| (name.trim(), entry.trim()))
        .collect();
    for (name, (stream, event)) in samples() {
        let expected = match table.get(name.as_str()) {
            Some(expected) => expected,
            // Settings are policy, never money.
            None if stream == StreamKey::Settings => "-",
            None => panic!("{name} is not in the table"),
        };
        assert_eq!(entry(stream, &event), expected, "{name}");
    }
    let samples = samples();
    assert!(table.keys().all(|name| samples.contains_key(*name)));
}

#[test]
fn a_correction_is_the_mirror_image_of_what_it_names() {
    let samples = samples();
    let pairs = [
        ("order.delivered.1", "order.corrected.1.delivery"),
        ("wallet.credited.1.goodwill", "wallet.corrected.1.goodwill"),
        ("wallet.credited.1.adjustment", "wallet.corrected.1.adjustment_up"),
        ("wallet.debited.1.adjustment", "wallet.corrected.1.adjustment_down"),
        ("payment.recorded.1.cash", "payment.corrected.1.cash"),
    ];
    for (done, taken_back) in pairs {
        let lines = |name: &str| {
            let (stream, event) = &samples[name];
            posting::entry(*stream, event).unwrap()
        };
        let mut mirror: Vec<_> = lines(done).mirrored().postings().to_vec();
        let mut correction: Vec<_> = lines(taken_back).postings().to_vec();
        mirror.sort_by_key(|posting| posting.account.clone());
        correction.sort_by_key(|posting| posting.account.clone());
        assert_eq!(correction, mirror, "{taken_back}");
    }
}

#[test]
fn an_entry_that_does_not_balance_cannot_be_made() {
    use domain::account::{Account, JournalEntry, Posting};
    let line = |side, amount| Posting { account: Account::Goodwill, side, amount };
    let (dinars, dollars) = (build::amount("5"), build::usd("5"));
    for wrong in [
        vec![line(Side::Debit, dinars)],
        vec![line(Side::Debit, dinars), line(Side::Credit, build::amount("4"))],
        vec![line(Side::Debit, dinars), line(Side::Credit, dollars)],
    ] {
        assert!(JournalEntry::new(wrong).is_err());
    }
    assert!(JournalEntry::new(vec![line(Side::Debit, dinars), line(Side::Credit, dinars)]).is_ok());
}
