//! What the routes that hold an order share: a department holds for itself alone.

use domain::actor::Role;
use domain::order::Department;

use crate::caller::Caller;
use crate::problem::Problem;
use crate::scope::Scope;

pub(super) fn must_be_of<const SCOPE: Scope>(
    caller: &Caller<SCOPE>,
    department: Department,
) -> Result<(), Problem> {
    let own = match department {
        Department::Finance => Role::Finance,
        Department::Warehouse => Role::Warehouse,
        Department::Logistics => Role::Logistics,
    };
    let role = caller.credential.role;
    if role == own || role == Role::Admin {
        Ok(())
    } else {
        let problem = Problem::new("forbidden").detail("a hold is its own department's");
        Err(problem.member("role", role).member("department", department))
    }
}
