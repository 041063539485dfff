//! The clock of the node that has the watch: against the log, and against the database's.
//!
//! Every node shows its own as a metric, `daftar_clock_behind_seconds`; what one of them writes never
//! goes back in time, whatever its clock says.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "clock-behind",
    severity: Severity::Warning,
    owner: Owner::Operations,
    every: Duration::from_secs(30),
    watches: "a clock that is off, of the node that has the watch: behind the last event, or other than \
              the database's. Each node's own is the metric daftar_clock_behind_seconds",
    to_do: "Set the clocks by NTP on every machine of the service and of the database. An event is never \
            recorded before the one below it; but deadlines and ageing go by these clocks.",
    thresholds: &["clock_behind_seconds"],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let clock = scene.ledger.clock();
    let before = clock.now();
    let (recorded_at, told): (DateTime<Utc>, DateTime<Utc>) =
        sqlx::query_as(include_str!("sql/read_clocks.sql"))
            .bind(scene.ledger.book())
            .fetch_one(&mut *scene.conn)
            .await?;
    let after = clock.now();
    let seconds = scene.settings.clock_behind_seconds;
    let allowed = TimeDelta::seconds(seconds.into());
    let behind = |of: DateTime<Utc>| of.signed_duration_since(after).max(TimeDelta::zero());
    let ahead = before.signed_duration_since(told).max(TimeDelta::zero());
    let evidence = json!({
        "clock": after,
        "database_clock": told,
        "last_event_at": recorded_at,
        "allowed_seconds": seconds,
    });
    let mut seen = Vec::new();
    if behind(recorded_at) > allowed {
        let off = behind(recorded_at).num_seconds();
        let says = format!("a node's clock is {off} seconds behind the last event");
        seen.push(Sighting::new("clock/log".to_owned(), says, evidence.clone()));
    }
    // A clock of its own, as in a demonstration, is not to be that of any machine.
    if clock.is_of_machine() && behind(told).max(ahead) > allowed {
        let (off, which) =
            if behind(told) > ahead { (behind(told), "behind") } else { (ahead, "ahead of") };
        let off = off.num_seconds();
        let says = format!("a node's clock is {off} seconds {which} the database's");
        seen.push(Sighting::new("clock/database".to_owned(), says, evidence));
    }
    Ok(seen)
}
