//! A scrubber that nobody runs, and one that is too slow.

use chrono::{DateTime, TimeDelta, Utc};
use domain::settings::Setting;
use ledger::alerts::Severity;

use super::watched::Watched;
use crate::book::top_up;

const MONITOR: &str = "scrubber-behind";

#[tokio::test]
async fn a_lap_that_is_too_long_ago_is_told_of_until_another_has_ended() {
    let watched = Watched::open().await;
    // Nobody could have gone round before this database was made.
    let made: DateTime<Utc> = {
        let sql = "select max(applied_at) from daftar.migrations";
        sqlx::query_scalar(sql).fetch_one(&mut watched.book.app().await).await.unwrap()
    };
    let hours = |hours: i64| watched.set(made + TimeDelta::hours(hours));
    hours(25);
    assert_eq!(watched.look(MONITOR).await, [], "there is nothing to look at");
    watched.set(made);
    watched.send(top_up("anna", 1, 1_000)).await;
    hours(23);
    assert_eq!(watched.look(MONITOR).await, []);
    hours(25);
    let alert = watched.one(MONITOR).await;
    assert_eq!((alert.severity, alert.owner.as_str()), (Severity::Warning, "operations"));
    assert_eq!(alert.subject, "scrubber");
    assert_eq!(alert.says, "the scrubber never ended a lap, and nobody goes round");

    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, []);
    hours(25 + 24);
    assert_eq!(watched.look(MONITOR).await, []);
    hours(25 + 25);
    let alert = watched.one(MONITOR).await;
    assert!(alert.says.starts_with("the scrubber's last lap ended at "), "{}", alert.says);
    assert_eq!((alert.times_opened, &alert.evidence["allowed_hours"]), (2, &24.into()));
    watched.change(Setting::ScrubLapHours(48)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    watched.change(Setting::ScrubLapHours(24)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, []);
}
