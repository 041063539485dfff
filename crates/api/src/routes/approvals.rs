//! What the routes of proposals share: finding one that the caller may decide on.

use ledger::approvals::{self, Approval};
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::scope::{self, READ_APPROVALS, Scope};

pub(super) mod approve;
pub(super) mod get;
pub(super) mod list;
pub(super) mod reject;

/// The proposal of an id; someone who may neither read all nor do the like does not see it.
async fn find<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    id: &str,
) -> Result<Approval, Problem> {
    caller.must_see_every_customer("proposals")?;
    let id: Uuid = id.parse().map_err(|_| Problem::new("approval-not-found"))?;
    let approval = approvals::find(&app.ledger, id).await?;
    let own = scope::of(caller.credential.role);
    if own & (READ_APPROVALS | approval.scope) == 0 {
        return Err(Problem::new("approval-not-found"));
    }
    Ok(approval)
}

/// Nobody decides on what they could not do themselves.
fn must_be_able_to_do<const SCOPE: Scope>(
    caller: &Caller<SCOPE>,
    approval: &Approval,
) -> Result<(), Problem> {
    let role = caller.credential.role;
    if scope::of(role) & approval.scope == 0 {
        return Err(Problem::new("forbidden")
            .member("role", role)
            .member("route", &approval.route));
    }
    Ok(())
}
