//! What may be done with an order now: every step decided on one snapshot, and thrown away.

use std::num::NonZeroUsize;

use domain::State;
use domain::StreamKey;
use domain::decide::{Circumstances, Prospect, Undecided, prospects};
use domain::id::OrderId;
use domain::order::{Department, Step};
use eventstore::{Batch, Cursor};

use crate::as_of::SNAPSHOT;
use crate::ledger::Ledger;
use crate::load::LoadError;
use crate::quarantine::Mark;
use crate::queries::QueryError;
use crate::states::{Cache, Working};
use crate::writer::load_missing;

/// How each step of an order would go for one person alone.
#[derive(Debug)]
pub struct Foreseen {
    pub at: Cursor,
    pub version: u64,
    pub steps: Vec<(Step, Prospect)>,
}

/// None if there is no such order.
pub async fn of_order(
    ledger: &Ledger,
    order: OrderId,
    department: Option<Department>,
) -> Result<Option<Foreseen>, QueryError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let head = eventstore::read_head(&mut tx, ledger.book()).await?;
    let (cache, mut loaded) =
        (Cache::new(NonZeroUsize::MIN), Working::beside(ledger.quarantine().held()));
    let circumstances = Circumstances::at(Batch::new(&head, ledger.clock().now()).recorded_at());
    let foreseen = loop {
        let view = loaded.over(&cache, &[]);
        match prospects(&view, circumstances, order, department) {
            Ok(steps) => {
                let state = domain::decide::States::state(&view, StreamKey::Order(order));
                let version = state.as_deref().map_or(0, State::version);
                break Some(Foreseen { at: head.cursor(), version, steps });
            }
            Err(Undecided::Refused(_)) => break None,
            Err(Undecided::Missing(missing)) => {
                let missing = [missing].into();
                if let Some((stream, Mark { position, .. })) = loaded.first_held(&missing) {
                    return Err(LoadError::Held { stream, position }.into());
                }
                let (book, upcasters) = (ledger.book(), ledger.upcasters());
                let quarantine = ledger.quarantine();
                load_missing(&mut tx, book, upcasters, quarantine, missing, &mut loaded).await?;
            }
        }
    };
    tx.commit().await?;
    Ok(foreseen)
}
