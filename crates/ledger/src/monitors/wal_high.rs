//! The database's write-ahead log, and what keeps it from being taken away.
//!
//! How large it is, only those may see whom the database trusts with it. What it has to keep anybody
//! may see: since the last checkpoint, for a replication slot, for an archive that does not take it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::FromRow;

use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

const MIB: i64 = 1024 * 1024;

pub(super) const MONITOR: Monitor = Monitor {
    name: "wal-high",
    severity: Severity::Warning,
    owner: Owner::Operations,
    every: Duration::from_mins(1),
    watches: "a write-ahead log that grows too large: its size where the service may see it (grant \
              execute on function pg_ls_waldir() to daftar_app), and always what it has to keep, \
              since the last checkpoint, for replication slots and for the archive",
    to_do: "Start the standby that the slot waits for, or drop the slot if nobody comes back for it; \
            mend the archive command. Otherwise raise max_wal_size or the book's wal_mib.",
    thresholds: &["wal_mib"],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Wal {
    since_checkpoint: i64,
    unarchived: Option<i64>,
    archive_failed_at: Option<DateTime<Utc>>,
    is_shown: bool,
}

#[derive(FromRow)]
struct Slot {
    name: String,
    is_active: bool,
    held: i64,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let wal: Wal =
        sqlx::query_as(include_str!("sql/read_wal.sql")).fetch_one(&mut *scene.conn).await?;
    let measured: Option<i64> = if wal.is_shown {
        sqlx::query_scalar(include_str!("sql/measure_wal.sql"))
            .fetch_optional(&mut *scene.conn)
            .await?
    } else {
        None
    };
    let slots: Vec<Slot> = sqlx::query_as(include_str!("sql/find_slots.sql"))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    let wanted = i64::from(scene.settings.wal_mib);
    Ok(sighting(&wal, measured, &slots, wanted).into_iter().collect())
}

fn sighting(wal: &Wal, measured: Option<i64>, slots: &[Slot], wanted: i64) -> Option<Sighting> {
    let first = slots.first();
    let by_slot = first.map_or(0, |slot| slot.held);
    let unarchived = wal.unarchived.unwrap_or(0);
    let kept = by_slot.max(unarchived).max(wal.since_checkpoint);
    let size = measured.unwrap_or(0).max(kept) / MIB;
    if size <= wanted {
        return None;
    }
    let held = match first {
        Some(slot) if slot.held / MIB > wanted => {
            let is_idle = if slot.is_active { "" } else { ", which nobody uses," };
            format!("replication slot {}{is_idle} holds {} MiB of it", slot.name, slot.held / MIB)
        }
        Some(_) | None if unarchived / MIB > wanted => {
            format!("{} MiB of it are not archived", unarchived / MIB)
        }
        Some(_) | None => {
            format!("{} MiB came since the last checkpoint", wal.since_checkpoint / MIB)
        }
    };
    let says = format!("the write-ahead log takes {size} MiB, and {wanted} are allowed: {held}");
    let slots: Vec<_> = slots
        .iter()
        .map(|slot| {
            json!({ "slot": slot.name, "is_active": slot.is_active, "held_mib": slot.held / MIB })
        })
        .collect();
    let evidence = json!({
        "size_mib": size,
        "is_measured": measured.is_some(),
        "allowed_mib": wanted,
        "since_checkpoint_mib": wal.since_checkpoint / MIB,
        "unarchived_mib": wal.unarchived.map(|bytes| bytes / MIB),
        "archive_failed_at": wal.archive_failed_at,
        "slots": slots,
    });
    Some(Sighting::new("wal".to_owned(), says, evidence))
}
