//! Jobs that failed, until somebody has done the same with success.

use eventstore::Position;
use ledger::alerts::Severity;
use ledger::jobs::{self, Job, Options, State, Wish};

use super::watched::Watched;
use crate::book::top_up;

const MONITOR: &str = "job-failed";

impl Watched {
    async fn work(&self, wish: Wish) -> Job {
        let held = jobs::begin(&self.node, wish, "rana").await.unwrap();
        held.work(&Options::default(), &mut |_| {}).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_verification_that_failed_is_told_of_until_one_of_as_much_is_done() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.work(Wish::Verification { since: None }).await;
    assert_eq!(watched.look(MONITOR).await, []);

    let failed = watched.work(Wish::Verification { since: Some(Position(99)) }).await;
    assert_eq!(failed.state, State::Failed);
    let alert = watched.one(MONITOR).await;
    assert_eq!((alert.severity, alert.owner.as_str()), (Severity::Warning, "operations"));
    assert_eq!(alert.subject, "verification");
    assert!(alert.says.starts_with("the verification that rana asked for failed at "), "{alert:?}");
    assert_eq!(alert.evidence["job"], failed.id.to_string());
    // Again, it is the same trouble.
    watched.work(Wish::Verification { since: Some(Position(99)) }).await;
    assert_eq!(watched.one(MONITOR).await.id, alert.id);

    watched.work(Wish::Verification { since: None }).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn a_rebuild_that_failed_is_told_of_until_all_of_its_views_are_rebuilt() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    let rebuild = |views: &[&str]| Wish::Rebuild {
        views: views.iter().map(|&view| view.to_owned()).collect(),
        preview: false,
        accept_differences: false,
    };
    let both = ["payments", "timeline"];
    jobs::ask(&watched.node, rebuild(&both), "omar").await.unwrap();
    let fail = "update daftar.jobs set state = 'failed', summary = 'the disk is full',
                       ended_at = clock_timestamp() - interval '6 days 23 hours';
                delete from daftar.job_subjects";
    watched.sql(fail).await;
    let alert = watched.one(MONITOR).await;
    assert_eq!(alert.subject, "rebuild/payments/timeline");
    assert!(alert.says.contains("the rebuild of 2 views that omar asked for"), "{}", alert.says);
    assert!(alert.says.ends_with("the disk is full"), "{}", alert.says);

    watched.work(rebuild(&["payments"])).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1, "the timeline is as it was");
    watched.work(rebuild(&[])).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn what_failed_more_than_a_week_ago_is_told_of_no_more() {
    let watched = Watched::open().await;
    let since = Wish::Verification { since: Some(Position(99)) };
    jobs::ask(&watched.node, since, "omar").await.unwrap();
    let fail = "update daftar.jobs set state = 'failed',
                       ended_at = clock_timestamp() - interval '7 days 1 minute';
                delete from daftar.job_subjects";
    watched.sql(fail).await;
    assert_eq!(watched.look(MONITOR).await, []);
}
