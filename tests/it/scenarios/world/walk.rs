//! The way that every paid order goes, said once.

use super::{Order, Seen, World};

impl World {
    /// Finance lets a paid order into the warehouse, which packs it. No money moves.
    pub(crate) async fn walk_to_packed(&self, order: &Order, wallet: &str) {
        self.finance()
            .releases(order)
            .then(Seen {
                events: "order released",
                views: "warehouse_ready | warehouse_pending · warehouse | paid",
                journal: &[],
                wallet,
            })
            .await;
        self.warehouse()
            .starts(order)
            .then(Seen {
                events: "order processing_started",
                views: "preparing | warehouse_processing · warehouse | paid",
                journal: &[],
                wallet,
            })
            .await;
        self.warehouse()
            .packs(order)
            .then(Seen {
                events: "order packed",
                views: "preparing | warehouse_approved · logistics | paid",
                journal: &[],
                wallet,
            })
            .await;
    }

    /// Logistics sends all of a packed order. No money moves.
    pub(crate) async fn walk_to_dispatched(&self, order: &Order, wallet: &str) {
        self.walk_to_packed(order, wallet).await;
        self.logistics()
            .dispatches(order)
            .then(Seen {
                events: "order dispatched",
                views: "shipped | logistics_dispatched · logistics | paid",
                journal: &[],
                wallet,
            })
            .await;
    }

    /// It arrives: what was paid for it is earned, in this one entry.
    pub(crate) async fn walk_to_delivered(&self, order: &Order, earned: &str, wallet: &str) {
        self.walk_to_dispatched(order, wallet).await;
        self.logistics()
            .delivers(order)
            .then(Seen {
                events: "order delivered",
                views: "delivered | logistics_delivered · – | paid",
                journal: &[earned],
                wallet,
            })
            .await;
    }

    /// A customer has this much to spend, paid over the counter.
    pub(crate) async fn fill_wallet(&self, customer: &str, amount: &str) {
        let recorded = format!("Dr 1040:cash / Cr 2120:cash {amount}");
        let credited = format!("Dr 2120:cash / Cr 2100:{customer} {amount}");
        self.finance()
            .tops_up(customer, amount)
            .books(super::Booked {
                events: "payment recorded, wallet opened, payment allocated, wallet topped_up",
                journal: &[&recorded, &credited],
                wallet: amount,
            })
            .await;
    }
}
