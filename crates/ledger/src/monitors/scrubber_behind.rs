//! The scrubber's last whole lap is too long ago, or there never was one.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::wording::local;
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;
use crate::scrubber;

pub(super) const MONITOR: Monitor = Monitor {
    name: "scrubber-behind",
    severity: Severity::Warning,
    owner: Owner::Operations,
    every: Duration::from_mins(5),
    watches: "a scrubber whose last whole lap is too long ago, or that nobody runs: what drifts \
              meanwhile is not found",
    to_do: "Run a node without --no-scrubber. If one goes round and is too slow, give it more \
            (--scrub-share, --scrub-rows), or allow a longer lap with the setting scrub_lap_hours.",
    thresholds: &["scrub_lap_hours"],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let book = scene.ledger.book();
    let scrub = scrubber::state(scene.conn, book).await?;
    let (first_event, possible_since): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) =
        sqlx::query_as(include_str!("sql/read_scrubbed.sql"))
            .bind(book)
            .fetch_one(&mut *scene.conn)
            .await?;
    // There is nothing to go round in an empty book.
    let Some(first_event) = first_event else { return Ok(Vec::new()) };
    let last = scrub.as_ref().and_then(|scrub| scrub.last_lap_ended);
    let began = scrub.as_ref().and_then(|scrub| scrub.lap_began);
    let earliest = possible_since.map_or(first_event, |possible| first_event.max(possible));
    let since = last.or(began).unwrap_or(earliest);
    let hours = scene.settings.scrub_lap_hours;
    if scene.now.signed_duration_since(since) <= TimeDelta::hours(hours.into()) {
        return Ok(Vec::new());
    }
    let is_held = scrub.as_ref().is_some_and(|scrub| scrub.is_held);
    let ended = match last {
        Some(last) => format!("the scrubber's last lap ended at {}", local(last, scene.settings)),
        None => "the scrubber never ended a lap".to_owned(),
    };
    let now = match began.filter(|_| is_held) {
        Some(began) => format!("it goes round since {}", local(began, scene.settings)),
        None if is_held => "it is about to begin".to_owned(),
        None => "nobody goes round".to_owned(),
    };
    let evidence = json!({
        "last_lap_ended": last,
        "lap_began": began,
        "is_held": is_held,
        "node": scrub.as_ref().and_then(|scrub| scrub.node.as_deref()),
        "allowed_hours": hours,
    });
    Ok(vec![Sighting::new("scrubber".to_owned(), format!("{ended}, and {now}"), evidence)])
}
