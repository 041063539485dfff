//! Personal data as handlers keep and read it: what goes wrong with it is a problem.

use domain::id::PersonalDataId;
use domain::order::PersonalRef;
use ledger::personal::{self, NewPersonal, PersonalError};

use crate::app::App;
use crate::problem::Problem;

/// Commits personal data before the event that will name it.
pub(crate) async fn store(app: &App, new: &NewPersonal<'_>) -> Result<PersonalRef, Problem> {
    let now = app.ledger.clock().now();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let stored = personal::store(&mut conn, &app.secrets.vault, app.ledger.book(), new, now).await;
    stored.map_err(refused)
}

/// Reads personal data that an event names.
pub(crate) async fn read(app: &App, id: PersonalDataId) -> Result<Vec<u8>, Problem> {
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let content = personal::read(&mut conn, &app.secrets.vault, app.ledger.book(), id).await;
    content.map_err(refused)
}

fn refused(error: PersonalError) -> Problem {
    match error {
        // The id comes from the command's own, so the same command was sent with something else.
        PersonalError::Differs(_) => Problem::new("idempotency-key-reused"),
        PersonalError::Forgotten(_) => Problem::new("forgotten"),
        PersonalError::Database(_)
        | PersonalError::Unknown(_)
        | PersonalError::NotText(_)
        | PersonalError::WrongKey => Problem::unreadable(error),
    }
}
