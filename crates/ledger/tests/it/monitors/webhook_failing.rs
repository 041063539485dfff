//! An endpoint that fails for too long is told of, and one that daftar gave up.

use domain::settings::Setting;
use ledger::alerts::{Severity, Synced};
use ledger::personal::Vault;
use ledger::webhooks::{self, Allow, DisabledReason, New, Target, Wanted};
use sqlx::Executor as _;
use uuid::Uuid;

use super::paper::MINUTE;
use super::watched::Watched;
use crate::book::BOOK;

const MONITOR: &str = "webhook-failing";
const ID: Uuid = Uuid::from_u128(7);

async fn with_a_webhook() -> Watched {
    let desk = Watched::open().await;
    let target = Target::parse("https://hooks.example.com/token-in-the-path", Allow::Open);
    let wanted = Wanted { target: target.unwrap(), types: None, description: None };
    let new = New { id: ID, wanted: &wanted, begin: None, created_by: None };
    let mut conn = desk.node.pool().acquire().await.unwrap();
    webhooks::add(&mut conn, &Vault::new([7; 32]), BOOK, new, desk.now()).await.unwrap();
    desk
}

impl Watched {
    /// What the worker writes after an attempt, at noon.
    async fn attempt(&self, failed: bool) {
        let since = if failed { "'2025-11-20T09:00:00Z'" } else { "null" };
        let sql = format!("update daftar.webhooks set failing_since = {since}");
        self.book.superuser().await.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }

    async fn give_up(&self, reason: DisabledReason) {
        let mut conn = self.node.pool().acquire().await.unwrap();
        webhooks::disable(&mut conn, BOOK, ID, reason, None, self.now()).await.unwrap();
    }

    async fn enable(&self) {
        let mut conn = self.node.pool().acquire().await.unwrap();
        webhooks::enable(&mut conn, BOOK, ID, false, self.now()).await.unwrap();
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_for_an_hour_is_told_of_until_it_answers() {
    let desk = with_a_webhook().await;
    desk.after(90 * MINUTE);
    desk.sees_nothing(MONITOR).await;
    desk.attempt(true).await;
    desk.after(60 * MINUTE);
    desk.sees_nothing(MONITOR).await;
    desk.after(60 * MINUTE + 1);
    let alert = desk.one(MONITOR).await;
    assert_eq!(alert.subject, format!("webhook/{ID}"));
    assert_eq!((alert.severity, &*alert.owner), (Severity::Warning, "operations"));
    assert_eq!(alert.says, "hooks.example.com fails since 2025-11-20 12:00");
    assert!(!alert.evidence.to_string().contains("token"), "{}", alert.evidence);

    desk.change(Setting::WebhookFailingMinutes(61)).await;
    desk.sees_nothing(MONITOR).await;
    desk.change(Setting::WebhookFailingMinutes(60)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.attempt(false).await;
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn an_endpoint_that_was_given_up_is_told_of_until_it_is_enabled() {
    let desk = with_a_webhook().await;
    let given_up = [
        (DisabledReason::Failing, "every attempt failed for days"),
        (DisabledReason::Gone, "it answered that it is gone"),
        (DisabledReason::Diverged, "the book lost events that it was told of"),
    ];
    for (reason, why) in given_up {
        desk.give_up(reason).await;
        let alert = desk.one(MONITOR).await;
        assert_eq!(alert.severity, Severity::Critical);
        let says = format!("hooks.example.com is told nothing since 2025-11-20 12:00: {why}");
        assert_eq!(alert.says, says);
        desk.enable().await;
        desk.sees_nothing(MONITOR).await;
    }
    desk.attempt(true).await;
    desk.after(61 * MINUTE);
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.give_up(DisabledReason::ByHand).await;
    desk.sees_nothing(MONITOR).await;
}

#[tokio::test]
async fn an_endpoint_that_is_deleted_fails_nobody() {
    let desk = with_a_webhook().await;
    desk.attempt(true).await;
    desk.after(61 * MINUTE);
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    let mut conn = desk.node.pool().acquire().await.unwrap();
    webhooks::delete(&mut conn, BOOK, ID, desk.now()).await.unwrap();
    desk.sees_nothing(MONITOR).await;
}
