//! Every monitor with what it goes by in a book, and how its last look went.

use super::{Look, LookError, Monitor, all, looks};
use crate::alerts;
use crate::book_settings::{Described, describe};
use crate::ledger::Ledger;
use crate::queries;

/// A monitor in a book.
#[derive(Debug, Clone)]
pub struct Watched {
    pub monitor: Monitor,
    /// What it goes by, as it is set.
    pub settings: Vec<Described>,
    /// None before it looked for the first time.
    pub last_look: Option<Look>,
    /// How many of its alerts are open.
    pub open: u64,
}

/// Every monitor, in the order in which they are listed.
pub async fn overview(ledger: &Ledger) -> Result<Vec<Watched>, LookError> {
    let settings = describe(&queries::settings(ledger).await?);
    let mut conn = ledger.pool().acquire().await?;
    let mut looks = looks(&mut conn, ledger.book()).await?;
    let open = alerts::count_open(&mut conn, ledger.book()).await?;
    let watched = all().iter().map(|monitor| {
        let is_its = |look: &Look| look.monitor == monitor.name;
        let place = looks.iter().position(is_its);
        Watched {
            monitor: *monitor,
            settings: settings
                .iter()
                .filter(|setting| monitor.thresholds.contains(&setting.name))
                .cloned()
                .collect(),
            last_look: place.map(|place| looks.swap_remove(place)),
            open: open.iter().filter(|((name, _), _)| name == monitor.name).map(|(_, n)| n).sum(),
        }
    });
    Ok(watched.collect())
}
