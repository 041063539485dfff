//! What the service's own watch sees: its monitors, and its scrubber.

use serde_json::json;

use super::attempt::Attempt;
use super::old_shop;
use super::way::{Found, Place, Sees, Watch, Way};
use crate::scenarios::world::World;

/// Until when a book is left alone: three days and some hours after everything begins.
pub(super) const UNTIL: &str = "2026-03-05T12:00:00Z";

/// Something to be seen.
pub(super) struct Left {
    id: &'static str,
    sees: Sees,
    says: String,
}

/// What ages by the week ages by the day here.
pub(super) async fn lowers_thresholds(world: &World) {
    let body =
        json!({ "unallocated_hours": 16, "suspense_hours": 16, "reason": "to be told soon" });
    world.admin().money("nobody", "/api/admin/book-settings".to_owned(), body).done().await;
}

/// Everything but what ends all work.
pub(super) async fn leave_all(world: &World, ways: &[Way], place: Place) -> Vec<Left> {
    leave(world, ways, |watch| watch.place == place && !is_last(watch)).await
}

pub(super) async fn leave_last(world: &World, ways: &[Way]) -> Vec<Left> {
    leave(world, ways, is_last).await
}

fn is_last(watch: &Watch) -> bool {
    matches!(watch.sees, Sees::LastAlert(_))
}

async fn leave(world: &World, ways: &[Way], is_it: impl Fn(&Watch) -> bool) -> Vec<Left> {
    let planted = old_shop::plants(ways);
    let mut left = Vec::new();
    for way in ways {
        for found in &way.found {
            let Found::Watch(watch) = found else { continue };
            if is_it(watch) {
                let attempt = Attempt::new(world, way.id, &[], &planted);
                let says = (watch.leave)(&attempt).await;
                left.push(Left { id: way.id, sees: watch.sees, says });
            }
        }
    }
    assert!(!left.is_empty(), "nothing is left");
    left
}

/// What of it nobody sees.
pub(super) async fn faults(world: &World, left: &[Left]) -> Vec<String> {
    let mut faults = Vec::new();
    for Left { id, sees, says } in left {
        let sql = match sees {
            Sees::Alert(monitor) | Sees::LastAlert(monitor) => format!(
                "select from daftar.alerts
                  where monitor = '{monitor}' and resolved_at is null
                    and position('{says}' in subject || says || evidence::text) > 0"
            ),
            Sees::Repair(view) => format!(
                "select from daftar.repairs
                  where view = '{view}' and position('{says}' in key::text || before::text) > 0"
            ),
        };
        if !world.comes_to(&sql).await {
            let seen = world
                .text(
                    "select coalesce(string_agg(concat_ws(' ', monitor, subject, says), e'\\n'), '')
                       from daftar.alerts where resolved_at is null",
                )
                .await;
            faults.push(format!("{id}: {sees:?} does not tell of {says}, but of: {seen}"));
        }
    }
    faults
}
