//! What the scrubber found and still sees, and which monitor tells of it.

use projections::Check;
use serde_json::{Value, json};

use super::{Scene, Sighting};
use crate::scrubber::{self, Found};

/// How long a line may be.
const SAYS_CHARS_MAX: usize = 500;

/// Who tells of a finding: each one is told of once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Teller {
    ChainBroken,
    LawBroken,
    StreamQuarantined,
    /// Whatever else is not what the events make it.
    ViewDiffers,
}

impl Teller {
    /// Of a check as the scrubber writes it; one of another build is a difference like any other.
    pub(super) fn of(check: &str) -> Self {
        match Check::ALL.into_iter().find(|known| known.as_str() == check) {
            Some(Check::Chain | Check::Head) => Self::ChainBroken,
            Some(
                Check::TrialBalance
                | Check::NegativeBalance
                | Check::AccountBalance
                | Check::FinishedOrder,
            ) => Self::LawBroken,
            Some(Check::Quarantined) => Self::StreamQuarantined,
            Some(
                Check::Guard
                | Check::FoldSet
                | Check::MissingRow
                | Check::ExtraRow
                | Check::Column
                | Check::Generation
                | Check::Snapshot
                | Check::Number
                | Check::Command
                | Check::CommandPosition
                | Check::PersonalData,
            )
            | None => Self::ViewDiffers,
        }
    }
}

/// The open findings that one of them tells of.
pub(super) async fn told_by(
    scene: &mut Scene<'_>,
    teller: Teller,
) -> Result<Vec<Sighting>, sqlx::Error> {
    let found = scrubber::findings(scene.conn, scene.ledger.book()).await?;
    let mine = found.into_iter().filter(|found| Teller::of(&found.check) == teller);
    Ok(mine.map(sighting).collect())
}

fn sighting(found: Found) -> Sighting {
    let Found { id, check, subject, view, says, evidence, found_at } = found;
    let evidence: Value = json!({
        "finding": id,
        "check": check,
        "about": subject,
        "view": view,
        "found": evidence,
        "found_at": found_at,
    });
    // Named after what it is about, so that it is known again.
    Sighting::new(format!("finding/{id}"), short(&says, SAYS_CHARS_MAX), evidence)
}

/// A text, but no more of it than is of use.
pub(super) fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
