//! A monitor that cannot look is told of, and its alerts stay as they were.

use ledger::alerts::Severity;
use ledger::monitors;
use tokio_util::sync::CancellationToken;

use super::watched::Watched;
use crate::book::until;

const MONITOR: &str = "monitor-failing";

impl Watched {
    /// Has the book watched until it is so.
    async fn watch_until(&self, is_so: impl AsyncFnMut() -> bool) {
        let stop = CancellationToken::new();
        let watching = monitors::run(self.node.clone(), stop.clone());
        let waiting = async {
            until(is_so).await;
            stop.cancel();
        };
        tokio::join!(watching, waiting);
    }
}

#[tokio::test]
async fn a_monitor_that_may_not_look_is_told_of_until_it_may() {
    let watched = Watched::open().await;
    watched.sql("revoke select on table daftar.quarantined_streams from daftar_app").await;
    let open = async || {
        let mut alerts = watched.alerts(MONITOR).await;
        alerts.retain(|alert| alert.resolved_at.is_none());
        alerts
    };
    watched.watch_until(async || !open().await.is_empty()).await;
    let alerts = open().await;
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!(alerts[0].subject, "monitor/stream-quarantined");
    assert_eq!((alerts[0].severity, alerts[0].owner.as_str()), (Severity::Warning, "operations"));
    assert!(alerts[0].says.starts_with("stream-quarantined could not look: "), "{alerts:?}");

    watched.sql("grant select on table daftar.quarantined_streams to daftar_app").await;
    watched.watch_until(async || open().await.is_empty()).await;
}
