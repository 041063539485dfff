//! The one table of what may be done when.

use std::collections::BTreeSet;

use domain::order::Step;
use domain::order::status::Phase;

#[test]
fn every_step_has_a_name_of_its_own_and_a_phase() {
    let names: BTreeSet<&str> = Step::ALL.into_iter().map(Step::as_str).collect();
    assert_eq!(names.len(), Step::ALL.len());
    assert!(Step::ALL.into_iter().all(|step| !step.phases().is_empty()));
}

#[test]
fn a_phase_allows_what_the_table_says() {
    let allowed =
        |phase| Step::allowed_in(phase).into_iter().map(Step::as_str).collect::<Vec<_>>().join(" ");
    let always = |steps: &str| format!("approve_receipt reject_receipt {steps} lift_hold");
    assert_eq!(
        allowed(Phase::FinanceReview),
        always("release edit cancel_lines cancel put_on_hold")
    );
    assert_eq!(allowed(Phase::Packed), always("dispatch cancel_lines cancel put_on_hold"));
    assert_eq!(allowed(Phase::Cancelled), always("reopen"));
    assert_eq!(allowed(Phase::Completed), always("refund reopen"));
    assert_eq!(allowed(Phase::Returned), always("refund"));
    assert_eq!(
        allowed(Phase::Delivered),
        always("return_goods refund complete leave_on_account put_on_hold")
    );
}
