//! Phase and statuses against tables written by hand, for every combination of the facts there is.

use std::collections::BTreeSet;

use domain::order::status::{
    Channel, DeliveryTrouble, Ended, Extent, PaymentFacts, Phase, PhaseFacts, ReceiptFact,
    Warehouse, payment_status, phase, statuses,
};

/// A table of rules: the first row whose columns all match holds; `*` matches anything.
struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<&'static str>>,
}

impl Table {
    fn read(csv: &'static str) -> Self {
        let mut rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let header = rows.next().unwrap();
        let rows: Vec<_> = rows.collect();
        assert!(rows.iter().all(|row| row.len() == header.len()));
        Self { header, rows }
    }

    /// The index and the answer of the first row that matches.
    fn find(&self, facts: &[(&str, &str)]) -> (usize, &[&'static str]) {
        let names: Vec<&str> = facts.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, self.header[..names.len()]);
        let matches = |row: &&Vec<&str>| {
            row.iter().zip(facts).all(|(cell, (_, value))| *cell == "*" || cell == value)
        };
        let index = self.rows.iter().position(|row| matches(&row));
        let index = index.unwrap_or_else(|| panic!("no row for {facts:?}"));
        (index, &self.rows[index][facts.len()..])
    }

    fn assert_all_used(&self, used: &BTreeSet<usize>) {
        for (index, row) in self.rows.iter().enumerate() {
            assert!(used.contains(&index), "no facts lead to {row:?}");
        }
    }
}

const BOTH: [(bool, &str); 2] = [(true, "yes"), (false, "no")];
const EXTENTS: [(Extent, &str); 3] =
    [(Extent::None, "none"), (Extent::Part, "part"), (Extent::All, "all")];
const RECEIPTS: [(ReceiptFact, &str); 3] = [
    (ReceiptFact::Nothing, "nothing"),
    (ReceiptFact::Open, "open"),
    (ReceiptFact::Rejected, "rejected"),
];

type Named<T> = (T, &'static str);

/// Every combination of two lists.
fn cross<A: Copy, B: Copy>(left: &[A], right: &[B]) -> Vec<(A, B)> {
    left.iter().flat_map(|left| right.iter().map(|right| (*left, *right))).collect()
}

#[test]
fn every_combination_of_facts_has_the_phase_and_statuses_of_the_first_row_that_matches() {
    let ended: [Named<Option<Ended>>; 3] =
        [(None, "-"), (Some(Ended::Cancelled), "cancelled"), (Some(Ended::Expired), "expired")];
    let trouble: [Named<Option<DeliveryTrouble>>; 3] = [
        (None, "-"),
        (Some(DeliveryTrouble::Failed), "failed"),
        (Some(DeliveryTrouble::Returning), "returning"),
    ];
    let warehouse = [
        (Warehouse::Waiting, "waiting"),
        (Warehouse::Processing, "processing"),
        (Warehouse::Packed, "packed"),
        (Warehouse::StockRejected, "stock_rejected"),
    ];
    let channel = [
        (Channel::Wallet, "wallet"),
        (Channel::Gateway, "gateway"),
        (Channel::BankTransfer, "bank_transfer"),
    ];
    let beginnings = cross(&cross(&cross(&ended, &BOTH), &BOTH), &BOTH);
    let goods = cross(&cross(&EXTENTS, &trouble), &EXTENTS);
    let money = cross(&cross(&cross(&BOTH, &BOTH), &warehouse), &cross(&RECEIPTS, &channel));

    let table = Table::read(include_str!("status.csv"));
    let (mut used, mut count, mut phases) = (BTreeSet::new(), 0, BTreeSet::new());
    for (beginning, goods) in cross(&beginnings, &goods) {
        let (((ended, in_import_review), all_returned), completed) = beginning;
        let ((delivered, trouble), shipped) = goods;
        for (((settled, released), warehouse), (receipt, channel)) in &money {
            let facts = PhaseFacts {
                ended: ended.0,
                in_import_review: in_import_review.0,
                shipped: shipped.0,
                delivered: delivered.0,
                all_returned: all_returned.0,
                completed: completed.0,
                trouble: trouble.0,
                settled: settled.0,
                released: released.0,
                warehouse: warehouse.0,
                receipt: receipt.0,
                channel: channel.0,
            };
            let (row, expected) = table.find(&[
                ("ended", ended.1),
                ("in_import_review", in_import_review.1),
                ("all_returned", all_returned.1),
                ("completed", completed.1),
                ("delivered", delivered.1),
                ("trouble", trouble.1),
                ("shipped", shipped.1),
                ("settled", settled.1),
                ("released", released.1),
                ("warehouse", warehouse.1),
                ("receipt", receipt.1),
                ("channel", channel.1),
            ]);
            let phase = phase(&facts);
            let statuses = statuses(phase, facts.channel);
            let department = statuses.department.unwrap_or("-");
            let found = [phase.as_str(), statuses.customer, statuses.management, department];
            assert_eq!(found, expected, "{facts:?}");
            used.insert(row);
            phases.insert(phase);
            count += 1;
        }
    }
    assert_eq!(count, 3 * 2 * 2 * 2 * 3 * 3 * 3 * 2 * 2 * 4 * 3 * 3);
    assert_eq!(phases, BTreeSet::from(Phase::ALL), "every phase can be reached");
    table.assert_all_used(&used);
}

#[test]
fn every_combination_of_facts_has_the_payment_status_of_the_first_row_that_matches() {
    let table = Table::read(include_str!("payment_status.csv"));
    let mut used = BTreeSet::new();
    let flags = cross(&cross(&cross(&BOTH, &BOTH), &BOTH), &cross(&BOTH, &BOTH));
    for ((((refunded, kept), settled), (due, received)), (receipt, in_grace)) in
        cross(&flags, &cross(&RECEIPTS, &BOTH))
    {
        let facts = PaymentFacts {
            refunded: refunded.0,
            kept: kept.0,
            settled: settled.0,
            due: due.0,
            received: received.0,
            receipt: receipt.0,
            in_grace: in_grace.0,
        };
        let (row, expected) = table.find(&[
            ("refunded", refunded.1),
            ("kept", kept.1),
            ("settled", settled.1),
            ("due", due.1),
            ("received", received.1),
            ("receipt", receipt.1),
            ("in_grace", in_grace.1),
        ]);
        assert_eq!([payment_status(&facts).as_str()], expected, "{facts:?}");
        used.insert(row);
    }
    table.assert_all_used(&used);
}
