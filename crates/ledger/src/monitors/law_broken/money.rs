//! Laws of money that the scrubber found broken: it sums the whole journal on its way round, which no
//! look could. A finding stays until a later lap no longer sees it.

use projections::Check;
use serde_json::json;

use super::super::{CASES_MAX, Scene, Sighting};
use crate::alerts::Severity;
use crate::scrubber::Found;

/// What must be true of money at every position, and at the end of every command.
const LAWS: [Check; 4] =
    [Check::TrialBalance, Check::NegativeBalance, Check::AccountBalance, Check::FinishedOrder];

/// How long a line may be.
const SAYS_CHARS_MAX: usize = 500;

/// Every finding that money is not where it must be. Nothing repairs it by itself.
pub(super) async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, sqlx::Error> {
    let found: Vec<Found> = sqlx::query_as(include_str!("../sql/find_broken_laws.sql"))
        .bind(scene.ledger.book())
        .bind(LAWS.map(Check::as_str))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(found.into_iter().map(sighting).collect())
}

fn sighting(found: Found) -> Sighting {
    let Found { id, check, subject, view, says, evidence, found_at } = found;
    let says: String = says.chars().take(SAYS_CHARS_MAX).collect();
    let evidence = json!({
        "finding": id,
        "check": check,
        "about": subject,
        "view": view,
        "found": evidence,
        "found_at": found_at,
    });
    // Named after what it is about, so that it is known again.
    let sighting = Sighting::new(format!("finding/{id}"), says, evidence);
    Sighting { severity: Some(Severity::Critical), ..sighting }
}
