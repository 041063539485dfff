//! A law of money that the scrubber finds broken is told of until a lap no longer sees it.

use domain::decide::Command;
use ledger::alerts::{Alert, Severity};
use ledger::scrubber::{self, Options, Share};
use sqlx::{AssertSqlSafe, Executor as _};

use super::watched::Watched;
use crate::book::{because, by_wallet, order, top_up};

const MONITOR: &str = "law-broken";

impl Watched {
    /// What somebody with every right does behind our backs.
    async fn tampers(&self, table: &str, sql: &str) {
        let sql = format!(
            "alter table daftar.{table} disable trigger user; {sql};
             alter table daftar.{table} enable always trigger only_functions_write"
        );
        self.book.superuser().await.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    async fn scrubs(&self) {
        let options = Options { share: Share::new(100).unwrap(), ..Options::default() };
        scrubber::lap_once(&self.node, None, &options).await.unwrap().unwrap();
    }

    /// The laws that are broken, and the line about each.
    async fn broken(&self) -> Vec<(String, Alert)> {
        let alerts = self.look(MONITOR).await;
        let mut broken: Vec<(String, Alert)> = alerts
            .into_iter()
            .map(|alert| (alert.evidence["check"].as_str().unwrap().to_owned(), alert))
            .collect();
        broken.sort_by(|one, other| one.0.cmp(&other.0));
        broken
    }
}

#[tokio::test]
async fn a_journal_that_does_not_balance_is_told_of_and_nothing_moves_by_itself() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, 1_000)).await;
    desk.scrubs().await;
    assert_eq!(desk.broken().await, []);

    let wallet = "update daftar.journal_lines set amount = amount + 5 where account = '2100'";
    desk.tampers("journal_lines", wallet).await;
    assert_eq!(desk.broken().await, [], "nobody has looked yet");
    desk.scrubs().await;
    let broken = desk.broken().await;
    let laws: Vec<&str> = broken.iter().map(|(law, _)| law.as_str()).collect();
    assert_eq!(laws, ["account_balance", "trial_balance"]);
    for (_, alert) in &broken {
        assert_eq!((alert.severity, &*alert.owner), (Severity::Critical, "finance"));
        assert!(alert.subject.starts_with("finding/"), "{}", alert.subject);
        assert_eq!(alert.evidence["proposal"], serde_json::Value::Null);
    }
    assert!(broken[0].1.says.contains("1005"), "{}", broken[0].1.says);
    desk.scrubs().await;
    assert_eq!(desk.broken().await.len(), 2, "it is known again, and still so");

    let right = "update daftar.journal_lines set amount = amount - 5 where account = '2100'";
    desk.tampers("journal_lines", right).await;
    desk.scrubs().await;
    assert_eq!(desk.broken().await, []);
}

#[tokio::test]
async fn what_the_scrubber_mends_breaks_no_law() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, 1_000)).await;
    desk.send(by_wallet(1, "anna", 300)).await;
    desk.send(Command::Cancel { order: order(1), reason: because() }).await;
    desk.tampers("order_management", "update daftar.order_management set held = 300").await;
    desk.scrubs().await;
    assert_eq!(desk.broken().await, []);
    assert_eq!(desk.book.count("select max(held)::bigint from daftar.order_management").await, 0);
}
