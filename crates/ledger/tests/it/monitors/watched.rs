//! A book that is watched, with a clock on its wall.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use domain::decide::Command;
use domain::settings::Setting;
use ledger::Ledger;
use ledger::alerts::{self, Alert, Filter, State};
use ledger::monitors::{self, Monitor};

use crate::book::{BOOK, Book, accepted, because, noon};

pub(crate) struct Watched {
    pub(crate) book: Book,
    pub(crate) node: Ledger,
    commands: AtomicU64,
}

impl Watched {
    /// Nothing has happened yet, and it is noon in Baghdad on Thursday, 2025-11-20.
    pub(crate) async fn open() -> Self {
        let book = Book::empty().await;
        let node = book.node().await;
        Self { book, node, commands: AtomicU64::new(1_000_000) }
    }

    /// Sets the clock to a time of that autumn in Baghdad: `11-23 09:00`.
    pub(crate) fn at(&self, local: &str) {
        let time = NaiveDateTime::parse_from_str(&format!("2025-{local}"), "%Y-%m-%d %H:%M");
        let utc = time.unwrap().and_utc() - TimeDelta::hours(3);
        self.set(utc);
    }

    pub(crate) fn set(&self, time: DateTime<Utc>) {
        self.book.hands.store((time - noon()).num_seconds(), Ordering::SeqCst);
    }

    pub(crate) async fn send(&self, command: Command) {
        let number = self.commands.fetch_add(1, Ordering::SeqCst);
        accepted(&self.node, number, command).await;
    }

    pub(crate) async fn change(&self, setting: Setting) {
        self.send(Command::ChangeSetting { setting, reason: because() }).await;
    }

    /// What a monitor finds now: its open alerts, by what they are about.
    pub(crate) async fn look(&self, monitor: &str) -> Vec<Alert> {
        self.look_with(monitors::find(monitor).unwrap()).await
    }

    pub(crate) async fn look_with(&self, monitor: &Monitor) -> Vec<Alert> {
        monitors::look_once(&self.node, monitor).await.unwrap();
        let mut alerts = self.alerts(monitor.name).await;
        alerts.retain(|alert| alert.state() != State::Resolved);
        alerts
    }

    /// What it finds, when that is one thing.
    pub(crate) async fn one(&self, monitor: &str) -> Alert {
        let mut found = self.look(monitor).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    /// Every alert that a monitor ever opened.
    pub(crate) async fn alerts(&self, monitor: &str) -> Vec<Alert> {
        let filter = Filter { monitor: Some(monitor.to_owned()), ..Filter::default() };
        let mut conn = self.book.app().await;
        let mut alerts = alerts::list(&mut conn, BOOK, &filter, None, 500).await.unwrap();
        alerts.sort_by(|left, right| left.subject.cmp(&right.subject));
        alerts
    }
}
