//! Rebuilds and verifications as jobs: asked for once, worked at by one, taken over from whoever is
//! gone, and leaving nothing behind.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::time::Duration;

use eventstore::{BookId, NewBook, Position, Upcasters};
use ledger::Ledger;
use ledger::disk::Disk;
use ledger::jobs::{self, Filter, Job, JobError, Kind, Options, Rebuilt, State, Verified, Wish};
use ledger::ledger::Config;
use ledger::personal::Vault;
use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::book::{
    BOOK, Book, accepted, ask, by_transfer, by_wallet, credit, id, is_full, noon, top_up, until,
};

const OTHER: BookId = BookId(2);

/// A book with a few orders and wallets.
async fn busy() -> (Book, Ledger) {
    let book = Book::empty().await;
    let node = book.node().await;
    for (turn, name) in ["anna", "berta", "chris"].into_iter().enumerate() {
        let turn = u64::try_from(turn).unwrap();
        accepted(&node, 1 + turn, top_up(name, 1 + turn, 1_000)).await;
        accepted(&node, 11 + turn, by_wallet(1 + turn, name, 100)).await;
        accepted(&node, 21 + turn, by_transfer(11 + turn, name, 50)).await;
        accepted(&node, 31 + turn, credit(name, 7)).await;
    }
    (book, node)
}

fn rebuild(views: &[&str]) -> Wish {
    let views = views.iter().map(|&view| view.to_owned()).collect();
    Wish::Rebuild { views, preview: false, accept_differences: false }
}

fn preview(views: &[&str]) -> Wish {
    let views = views.iter().map(|&view| view.to_owned()).collect();
    Wish::Rebuild { views, preview: true, accept_differences: false }
}

const VERIFICATION: Wish = Wish::Verification { since: None };

fn rebuilt(job: &Job) -> Rebuilt {
    serde_json::from_value(job.result.clone().expect("a rebuild has a result")).unwrap()
}

fn verified(job: &Job) -> Verified {
    serde_json::from_value(job.result.clone().expect("a verification has a result")).unwrap()
}

async fn work(node: &Ledger, id: Uuid) -> Job {
    jobs::work(node, &Options::default(), id, |_| {}).await.unwrap()
}

async fn done(node: &Ledger, wish: Wish) -> Job {
    let held = jobs::begin(node, wish, "rana").await.unwrap();
    let worked = held.work(&Options::default(), &mut |_| {}).await.unwrap();
    worked.expect("nobody else takes it")
}

impl Book {
    /// Does what only a person with every right can do.
    async fn tamper(&self, sql: &str) {
        let sql = format!("set role daftar_writer; {sql}; reset role");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.superuser().await).await.unwrap();
    }

    /// The generations that a view has rows of.
    async fn generations(&self, view: &str) -> Vec<i32> {
        let sql =
            format!("select distinct generation from daftar.{view} where book_id = 1 order by 1");
        let found = sqlx::query_scalar(AssertSqlSafe(sql));
        found.fetch_all(&mut self.superuser().await).await.unwrap()
    }

    async fn live(&self, view: &str) -> i32 {
        let head = eventstore::read_head(&mut self.app().await, BOOK).await.unwrap();
        head.generation(view).unwrap().get()
    }

    /// Its process is gone for long enough.
    async fn let_claims_run_out(&self) {
        self.by_hand(
            "claimed_until = clock_timestamp() - interval '1 second'",
            "state = 'running'",
        )
        .await;
    }

    async fn by_hand(&self, change: &str, what: &str) {
        let sql = format!("update daftar.jobs set {change} where {what}");
        let changed = sqlx::query(AssertSqlSafe(sql)).execute(&mut self.superuser().await).await;
        assert!(changed.unwrap().rows_affected() > 0, "no job is such: {what}");
    }

    /// Nothing is left of what was built for nobody.
    async fn assert_swept(&self) {
        for state in projections::projections() {
            let live = self.live(&state.name).await;
            let found = self.generations(&state.name).await;
            assert!(found.iter().all(|one| *one == live), "{}: {found:?}, live {live}", state.name);
        }
        let subjects = self.count("select count(*) from daftar.job_subjects").await;
        assert_eq!(subjects, 0, "nothing is worked at");
    }

    async fn assert_verified(&self) {
        let report = projections::verify_now(self.node().await.pool(), BOOK).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
    }
}

#[tokio::test]
async fn a_thing_is_worked_at_by_one_job_at_a_time() {
    let (_book, node) = busy().await;
    let first = jobs::ask(&node, rebuild(&["payments"]), "rana").await.unwrap();
    assert_eq!(
        (first.state, first.kind(), first.asked_by.as_str()),
        (State::Waiting, Kind::Rebuild, "rana")
    );

    // Each of these names a view that it rebuilds.
    for wish in [rebuild(&["payments"]), preview(&["timeline", "payments"]), rebuild(&[])] {
        let refused = jobs::ask(&node, wish, "omar").await.unwrap_err();
        assert!(
            matches!(&refused, JobError::AlreadyRunning(job) if job.id == first.id),
            "{refused}"
        );
    }
    jobs::ask(&node, rebuild(&["timeline", "deadlines", "timeline"]), "omar").await.unwrap();
    let verification = jobs::ask(&node, VERIFICATION, "omar").await.unwrap();
    let since = Wish::Verification { since: Some(Position(3)) };
    let refused = jobs::ask(&node, since, "omar").await.unwrap_err();
    assert!(matches!(&refused, JobError::AlreadyRunning(job) if job.id == verification.id));

    let refused = jobs::ask(&node, rebuild(&["orders"]), "omar").await.unwrap_err();
    let JobError::UnknownView { name, known } = refused else { panic!("{refused}") };
    assert_eq!((name.as_str(), known.len()), ("orders", projections::projections().len()));

    // What nobody has begun ends at once, and another may be asked for.
    let cancelled = jobs::cancel(&node, first.id, "omar").await.unwrap();
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(cancelled.cancel_asked_by.as_deref(), Some("omar"));
    jobs::ask(&node, rebuild(&["payments"]), "omar").await.unwrap();
    let refused = jobs::cancel(&node, first.id, "omar").await.unwrap_err();
    assert!(matches!(refused, JobError::Over(_)), "{refused}");
    let refused = jobs::find(&node, Uuid::nil()).await.unwrap_err();
    assert!(matches!(refused, JobError::NotFound(_)), "{refused}");
}

#[tokio::test]
async fn of_many_who_ask_at_a_time_one_gets_the_job() {
    let (_book, node) = busy().await;
    let asking = (0..8).map(|turn| {
        let wish = if turn % 2 == 0 { rebuild(&["payments", "timeline"]) } else { rebuild(&[]) };
        jobs::ask(&node, wish, "rana")
    });
    let asked = futures::future::join_all(asking).await;
    let refused = asked.iter().filter(|asked| matches!(asked, Err(JobError::AlreadyRunning(_))));
    assert_eq!((refused.count(), asked.iter().flatten().count()), (7, 1));
}

#[tokio::test]
async fn a_rebuild_goes_from_asked_to_done_and_tells_of_it() {
    let (book, node) = busy().await;
    let revision = book.revision().await;
    let held = jobs::begin(&node, rebuild(&[]), "rana").await.unwrap();
    assert_eq!((held.job().state, held.job().is_held), (State::Running, true));
    let mut told = Vec::new();
    let worked = held.work(&Options::default(), &mut |job| told.push(job.clone())).await;
    let job = worked.unwrap().unwrap();

    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    assert!(job.ended_at.is_some() && job.begun_at.is_some() && !job.is_held);
    assert!(told.iter().any(|job| job.progress.as_ref().is_some_and(|step| step.total > 0)));
    assert_eq!(told.last().map(|job| job.state), Some(State::Done));
    let rebuilt = rebuilt(&job);
    assert_eq!(rebuilt.position.get(), book.position().await);
    assert_eq!((rebuilt.changed(), rebuilt.changes_money), (0, false));
    let switch = rebuilt.switched.expect("it was switched");
    assert_eq!(switch.revision.map(eventstore::Revision::get), Some(revision + 1), "one switch");
    assert!(switch.swept > 0 && switch.writers_waited_ms.is_some());
    assert!(rebuilt.views.iter().all(|view| view.generation == 2));
    assert_eq!(rebuilt.views.len(), projections::projections().len());
    book.assert_swept().await;
    book.assert_verified().await;

    // What has ended is a record.
    let changed = sqlx::query("update daftar.jobs set summary = 'nothing'")
        .execute(&mut book.superuser().await)
        .await;
    assert!(changed.unwrap_err().to_string().contains("append-only"));
    let listed = jobs::list(&node, Filter::default()).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].result.is_none()), (job.id, true));
    accepted(&node, 90, credit("anna", 1)).await;
}

#[tokio::test]
async fn a_verification_goes_from_asked_to_done_and_names_what_differs() {
    let (book, node) = busy().await;
    let job = done(&node, VERIFICATION).await;
    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    let clean = verified(&job);
    assert_eq!(
        (clean.found, clean.trial_balance.as_str()),
        (0, "0"),
        "{:?}",
        clean.report.findings
    );
    assert_eq!(clean.report.position.get(), book.position().await);

    book.tamper("delete from daftar.payments where payment_id = (select min(payment_id::text)::uuid from daftar.payments)")
        .await;
    let job = done(&node, VERIFICATION).await;
    let found = verified(&job);
    assert!(found.found > 0 && !found.report.is_clean());
    assert!(job.summary.unwrap().contains("difference"), "the summary says so");

    let since = Wish::Verification { since: Some(Position(1_000_000)) };
    let job = done(&node, since).await;
    assert_eq!(job.state, State::Failed);
    assert_eq!(job.failure.unwrap().code, "position-not-found");
}

#[tokio::test]
async fn whoever_lost_its_claim_writes_nothing() {
    let (book, node) = busy().await;
    let slow = jobs::begin(&node, rebuild(&["payments"]), "rana").await.unwrap();
    let id = slow.job().id;
    book.let_claims_run_out().await;
    let other = book.node().await;
    let job = work(&other, id).await;
    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    let revision = book.revision().await;

    let lost = slow.work(&Options::default(), &mut |_| {}).await.unwrap();
    assert!(lost.is_none(), "{lost:?}");
    assert_eq!(book.revision().await, revision);
    assert_eq!(book.live("payments").await, 2);
    book.assert_swept().await;
}

#[tokio::test]
async fn a_claim_taken_over_in_the_midst_stops_the_first_at_its_next_step() {
    let (book, node) = busy().await;
    let first = jobs::begin(&node, rebuild(&[]), "rana").await.unwrap();
    let id = first.job().id;
    let (steps, mut stepped) = mpsc::unbounded_channel();
    let mut told = |_: &Job| steps.send(()).unwrap();
    let options = Options::default();
    let mut first = pin!(first.work(&options, &mut told));
    // The first has begun and is paused within its third step.
    let mut left = 3;
    while left > 0 {
        tokio::select! {
            biased;
            Some(()) = stepped.recv() => left -= 1,
            done = &mut first => panic!("it ended early: {done:?}"),
        }
    }
    let mut superuser = book.superuser().await;
    let claimed = sqlx::query(
        "update daftar.jobs set claim = gen_random_uuid(),
           claimed_until = clock_timestamp() - interval '1 second'",
    );
    // It waits for the step that the first is paused in, if that holds the row.
    let mut claimed = pin!(claimed.execute(&mut superuser));
    let ended = loop {
        tokio::select! {
            biased;
            claimed = &mut claimed => {
                claimed.unwrap();
                while stepped.try_recv().is_ok() {}
                break first.await;
            }
            done = &mut first => break done,
            Some(()) = stepped.recv() => {}
        }
    };
    assert!(ended.unwrap().is_none(), "the claim is another's");
    assert!(stepped.try_recv().is_err(), "it kept no step after that");
    assert_eq!(book.live("payments").await, 1, "nothing was switched");
    assert_eq!(work(&node, id).await.state, State::Done);
    book.assert_swept().await;
    book.assert_verified().await;
}

/// Works at a job and drops the work after so many steps, in the midst of the last one, as `kill -9`
/// does. `between` is done while the work goes on, once a step. Answers the job if it ended first.
async fn killed_after(
    node: &Ledger,
    id: Uuid,
    mut steps: usize,
    mut between: impl AsyncFnMut(),
) -> Option<Job> {
    let (step, mut stepped) = mpsc::unbounded_channel();
    let options = Options::default();
    let told = |_: &Job| step.send(()).unwrap();
    let mut working = pin!(jobs::work(node, &options, id, told));
    loop {
        tokio::select! {
            biased;
            Some(()) = stepped.recv() => {
                steps -= 1;
                if steps == 0 {
                    return None;
                }
                let mut between = pin!(between());
                tokio::select! {
                    biased;
                    () = &mut between => {}
                    done = &mut working => return Some(done.unwrap()),
                }
            }
            done = &mut working => return Some(done.unwrap()),
        }
    }
}

/// Kills whoever works at a job, again and again, until it is done all the same; says how often.
async fn killed_until_done(
    book: &Book,
    node: &Ledger,
    id: Uuid,
    mut between: impl AsyncFnMut(),
) -> (Job, usize) {
    for kill in 0..500 {
        // Now and then it gets no further than the last time.
        let ended = killed_after(node, id, 2 + kill % 3, &mut between).await;
        let now = jobs::find(node, id).await.unwrap();
        if ended.is_some() || now.is_over() {
            return (now, kill);
        }
        let gone = "claimed_until = clock_timestamp() - interval '1 second'";
        book.by_hand(gone, "claim is not null").await;
    }
    panic!("it never ends");
}

#[tokio::test]
async fn a_rebuild_killed_at_any_step_is_gone_on_with() {
    let (book, node) = busy().await;
    let id = jobs::ask(&node, rebuild(&[]), "rana").await.unwrap().id;
    let (job, kills) = killed_until_done(&book, &node, id, async || {}).await;
    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    assert!(kills >= 5, "killed {kills} times");
    assert!(rebuilt(&job).views.iter().all(|view| view.generation == 2), "switched once");
    book.assert_swept().await;
    book.assert_verified().await;
}

#[tokio::test]
async fn a_rebuild_killed_at_any_step_while_the_book_is_written_is_gone_on_with() {
    let (book, node) = busy().await;
    let id = jobs::ask(&node, rebuild(&[]), "rana").await.unwrap().id;
    let mut turn = 1_000;
    let write = async || {
        turn += 1;
        node.submit(ask(Uuid::from_u64_pair(7, turn), credit("anna", 1))).await.ok();
    };
    let (job, kills) = killed_until_done(&book, &node, id, write).await;
    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    assert!(kills >= 5 && turn > 1_005, "killed {kills} times, {turn}");
    assert!(rebuilt(&job).views.iter().all(|view| view.generation == 2), "switched once");
    assert_eq!(book.live("payments").await, 2);
    book.assert_swept().await;
    book.assert_verified().await;
}

#[tokio::test]
async fn a_verification_killed_at_any_step_finds_the_same() {
    let (book, node) = busy().await;
    book.tamper("update daftar.payments set amount = amount + 1 where book_id = 1").await;
    let expected = verified(&done(&node, VERIFICATION).await);
    assert!(expected.found > 0);
    let id = jobs::ask(&node, VERIFICATION, "rana").await.unwrap().id;
    let (job, kills) = killed_until_done(&book, &node, id, async || {}).await;
    assert!(kills >= 5, "killed {kills} times");
    let found = verified(&job);
    assert_eq!(found.report.findings, expected.report.findings);
    assert_eq!(found.report.rows, expected.report.rows);
    assert_eq!(found.report.events, expected.report.events);
    assert_eq!(found.report.trial_balance, expected.report.trial_balance);
}

#[tokio::test]
async fn a_job_that_is_to_stop_stops_after_its_step_and_is_gone_on_with_at_once() {
    let (book, node) = busy().await;
    let held = jobs::begin(&node, rebuild(&[]), "rana").await.unwrap();
    let id = held.job().id;
    let options = Options::default();
    let stop = options.stop.clone();
    let mut steps = 0;
    let stopped = held
        .work(&options, &mut |_| {
            steps += 1;
            if steps == 3 {
                stop.cancel();
            }
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!((stopped.id, stopped.state, stopped.is_held), (id, State::Waiting, false));
    assert!(stopped.progress.is_some(), "it had begun");
    assert_eq!(book.live("payments").await, 1);
    // No claim has to run out.
    assert_eq!(work(&node, id).await.state, State::Done);
    book.assert_swept().await;
}

#[tokio::test]
async fn a_cancelled_rebuild_leaves_nothing_behind() {
    let (book, node) = busy().await;
    // While it runs: it finds out at its next step.
    let held = jobs::begin(&node, rebuild(&[]), "rana").await.unwrap();
    let id = held.job().id;
    let asked = jobs::cancel(&node, id, "omar").await.unwrap();
    assert_eq!((asked.state, asked.cancel_asked), (State::Running, true));
    let job = held.work(&Options::default(), &mut |_| {}).await.unwrap().unwrap();
    assert_eq!(job.state, State::Cancelled);
    assert!(job.summary.unwrap().contains("omar"));
    book.assert_swept().await;

    // With rows of it written, and nobody at it.
    let id = half_built(&node).await;
    assert!(book.generations("wallet_balances").await.len() > 1, "rows are written");
    jobs::cancel(&node, id, "omar").await.unwrap();
    let job = work(&node, id).await;
    assert_eq!(job.state, State::Cancelled);
    assert_eq!(book.live("wallet_balances").await, 1);
    book.assert_swept().await;
    book.assert_verified().await;
}

/// A rebuild whose process was stopped when everything was written and nothing switched.
async fn half_built(node: &Ledger) -> Uuid {
    let held = jobs::begin(node, preview(&[]), "rana").await.unwrap();
    let job = held.work(&Options::default(), &mut |_| {}).await.unwrap().unwrap();
    assert_eq!(job.state, State::Ready, "{:?}", job.failure);
    job.id
}

#[tokio::test]
async fn a_preview_waits_for_a_decision_and_switches_when_told() {
    let (book, node) = busy().await;
    let job = done(&node, preview(&["payments", "timeline"])).await;
    assert_eq!(job.state, State::Ready, "{:?}", job.failure);
    assert!(job.ready_until.is_some() && !job.changes_money());
    assert_eq!(rebuilt(&job).changed(), 0);
    assert_eq!(book.live("payments").await, 1);
    // Working at it does not decide for anybody.
    assert_eq!(work(&node, job.id).await.state, State::Ready);
    // The book goes on meanwhile.
    accepted(&node, 90, top_up("dora", 90, 5)).await;

    let decided = jobs::decide(&node, job.id, false, "omar").await.unwrap();
    assert_eq!(decided.state, State::Waiting);
    let decision = decided.decision.unwrap();
    assert_eq!((decision.by.as_str(), decision.accept_differences), ("omar", false));
    let refused = jobs::decide(&node, job.id, false, "omar").await.unwrap_err();
    assert!(matches!(refused, JobError::NotReady(_)), "{refused}");
    let job = work(&node, job.id).await;
    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    assert_eq!(rebuilt(&job).position.get(), book.position().await);
    assert_eq!((book.live("payments").await, book.live("wallet_balances").await), (2, 1));
    book.assert_swept().await;
    book.assert_verified().await;
    let refused = jobs::decide(&node, job.id, false, "omar").await.unwrap_err();
    assert!(matches!(refused, JobError::Over(_)), "{refused}");
}

#[tokio::test]
async fn money_changes_only_when_somebody_accepts_it() {
    let (book, node) = busy().await;
    book.tamper("update daftar.wallet_balances set balance = balance + 5 where book_id = 1").await;
    let job = done(&node, rebuild(&["wallet_balances"])).await;
    assert_eq!(job.state, State::Ready, "{:?}", job.failure);
    assert!(job.changes_money());
    let found = rebuilt(&job);
    let view = &found.differences.views[0];
    assert_eq!((found.changed(), view.changed, view.rows.len()), (3, 3, 3));
    let money = &view.money[0];
    assert_eq!((money.column.as_str(), money.currency.as_str(), money.rows), ("balance", "IQD", 3));
    assert_eq!((money.before - money.after).normalize().to_string(), "15");

    let refused = jobs::decide(&node, job.id, false, "omar").await.unwrap_err();
    assert!(matches!(refused, JobError::DifferencesNotAccepted(_)), "{refused}");
    assert_eq!(book.live("wallet_balances").await, 1);
    jobs::decide(&node, job.id, true, "omar").await.unwrap();
    assert_eq!(work(&node, job.id).await.state, State::Done);
    book.assert_swept().await;
    book.assert_verified().await;

    // Accepted from the start, it does not wait.
    book.tamper("update daftar.wallet_balances set balance = balance + 5 where book_id = 1").await;
    let views = vec!["wallet_balances".to_owned()];
    let accepting = Wish::Rebuild { views, preview: false, accept_differences: true };
    let job = done(&node, accepting).await;
    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    assert!(rebuilt(&job).changes_money);
    book.assert_verified().await;
}

#[tokio::test]
async fn what_nobody_decides_within_a_day_is_given_up() {
    let (book, node) = busy().await;
    let id = half_built(&node).await;
    assert_eq!(book.generations("payments").await, [1, 2]);
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(jobs::run(node.clone(), Vault::new([7; 32]), stop.clone()));
    // A worker leaves it alone until then.
    let other = jobs::ask(&node, VERIFICATION, "rana").await.unwrap().id;
    until(async || jobs::find(&node, other).await.unwrap().is_over()).await;
    assert_eq!(jobs::find(&node, id).await.unwrap().state, State::Ready);

    book.by_hand("ready_until = clock_timestamp() - interval '1 second'", "state = 'ready'").await;
    until(async || jobs::find(&node, id).await.unwrap().is_over()).await;
    let job = jobs::find(&node, id).await.unwrap();
    assert_eq!(job.state, State::Cancelled);
    assert_eq!(job.failure.unwrap().code, "not-decided");
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    book.assert_swept().await;
}

#[tokio::test]
async fn a_rebuild_that_would_change_the_journal_fails_and_leaves_nothing() {
    let (book, node) = busy().await;
    book.tamper(
        "update daftar.journal_lines set amount = amount + 1
          where position = (select min(position) from daftar.journal_lines)",
    )
    .await;
    let position = book.count("select min(position) from daftar.journal_lines").await;
    let job = done(&node, rebuild(&[])).await;
    assert_eq!(job.state, State::Failed);
    let failure = job.failure.unwrap();
    assert_eq!(failure.code, "journal-would-change");
    assert_eq!(failure.details["positions"], serde_json::json!([position]));
    assert_eq!(book.live("journal_lines").await, 1);
    book.assert_swept().await;
}

#[tokio::test]
async fn a_job_that_cannot_be_read_back_fails_and_leaves_nothing() {
    let (book, node) = busy().await;
    let id = half_built(&node).await;
    jobs::decide(&node, id, false, "omar").await.unwrap();
    book.by_hand("checkpoint = '{}'", "state = 'waiting'").await;
    let job = work(&node, id).await;
    assert_eq!((job.state, job.failure.unwrap().code.as_str()), (State::Failed, "internal"));
    book.assert_swept().await;
    book.assert_verified().await;
}

#[tokio::test]
async fn a_rebuild_that_the_disk_has_no_room_for_is_not_asked_for() {
    let (book, _) = busy().await;
    let config = |disk| Config { disk, ..Config::default() };
    let node = book.node_with(config(Disk::Free(1))).await;
    let refused = jobs::ask(&node, rebuild(&["payments"]), "rana").await.unwrap_err();
    let JobError::NotEnoughRoom { needed, free } = refused else { panic!("{refused}") };
    assert!(needed > 1 && free == 1);
    assert!(jobs::list(&node, Filter::default()).await.unwrap().is_empty());

    // Between asking and beginning, the disk fills up.
    let roomy = book.node_with(config(Disk::Unknown)).await;
    let id = jobs::ask(&roomy, rebuild(&["payments"]), "rana").await.unwrap().id;
    let job = work(&node, id).await;
    assert_eq!((job.state, job.failure.unwrap().code.as_str()), (State::Failed, "not-enough-room"));
    book.assert_swept().await;

    let directory: String = sqlx::query_scalar("show data_directory")
        .fetch_one(&mut book.superuser().await)
        .await
        .unwrap();
    let found = Disk::find(&mut book.superuser().await).await;
    assert_eq!(found, Disk::At(directory.into()));
    assert!(found.free().unwrap() > 1);
    // The service's own login may not see it.
    assert_eq!(Disk::find(&mut book.app().await).await, Disk::Unknown);
}

#[tokio::test]
async fn two_serving_nodes_do_each_job_once() {
    let (book, node) = busy().await;
    let revision = book.revision().await;
    let other = book.node().await;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    for ledger in [&node, &other] {
        tasks.spawn(jobs::run(ledger.clone(), Vault::new([7; 32]), stop.clone()));
    }
    let views = ["payments", "timeline", "wallet_balances", "deadlines"];
    let mut asked = Vec::new();
    for view in views {
        asked.push(jobs::ask(&node, rebuild(&[view]), "rana").await.unwrap().id);
    }
    asked.push(jobs::ask(&node, VERIFICATION, "rana").await.unwrap().id);
    for id in &asked {
        until(async || jobs::find(&node, *id).await.unwrap().is_over()).await;
        let job = jobs::find(&node, *id).await.unwrap();
        assert_eq!(job.state, State::Done, "{:?}", job.failure);
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    assert_eq!(book.revision().await, revision + 4, "one switch each");
    for view in views {
        assert_eq!(book.live(view).await, 2);
    }
    book.assert_swept().await;
    book.assert_verified().await;
}

#[tokio::test]
async fn a_serving_node_takes_over_what_a_killed_process_left() {
    let (book, node) = busy().await;
    // It never comes to work.
    let gone = jobs::begin(&node, rebuild(&["payments"]), "rana").await.unwrap();
    let id = gone.job().id;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(jobs::run(node.clone(), Vault::new([7; 32]), stop.clone()));
    // Whoever follows it waits for whoever goes on.
    let options = Options::default();
    let follow = jobs::work(&node, &options, id, |_| {});
    let expire = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(jobs::find(&node, id).await.unwrap().state, State::Running, "it is claimed");
        book.let_claims_run_out().await;
    };
    let (job, ()) = tokio::join!(follow, expire);
    assert_eq!(job.unwrap().state, State::Done);
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    drop(gone);
    book.assert_swept().await;
}

#[tokio::test]
async fn the_jobs_of_two_books_do_not_touch_each_other() {
    let (book, node) = busy().await;
    let new = NewBook {
        id: OTHER,
        uuid: Uuid::from_u128(0x6f6e_1b1e_0000_4000_8000_0000_0000_0002),
        name: "second".to_owned(),
        projections: projections::projections(),
        created_at: noon(),
    };
    assert!(eventstore::create_book(&mut book.app().await, new).await.unwrap());
    let second = Ledger::open(book.options(), OTHER, book.clock()).await.unwrap();
    second.submit(ask(id(1), top_up("anna", 1, 9))).await.unwrap();
    let rows = "select count(*) from daftar.wallet_balances where book_id = 2 and generation = 1";

    let theirs = jobs::ask(&second, rebuild(&[]), "rana").await.unwrap();
    let ours = done(&node, rebuild(&[])).await;
    assert_eq!(ours.state, State::Done, "{:?}", ours.failure);
    assert_eq!(book.count(rows).await, 1, "the other's rows are as they were");
    let refused = jobs::find(&node, theirs.id).await.unwrap_err();
    assert!(matches!(refused, JobError::NotFound(_)), "{refused}");
    let refused = jobs::cancel(&node, theirs.id, "rana").await.unwrap_err();
    assert!(matches!(refused, JobError::NotFound(_)), "{refused}");

    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(jobs::run(node.clone(), Vault::new([7; 32]), stop.clone()));
    let mine = jobs::ask(&node, VERIFICATION, "rana").await.unwrap().id;
    until(async || jobs::find(&node, mine).await.unwrap().is_over()).await;
    assert_eq!(jobs::find(&second, theirs.id).await.unwrap(), theirs);
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    let (one, both) = tokio::join!(done(&node, rebuild(&[])), work(&second, theirs.id));
    assert_eq!((one.state, both.state), (State::Done, State::Done));
    book.assert_swept().await;
}

#[tokio::test]
async fn what_another_build_began_is_left_to_it_unless_it_is_given_up() {
    let (book, node) = busy().await;
    let id = half_built(&node).await;
    book.by_hand("folds = 'payments:9'", "state = 'ready'").await;
    let refused = jobs::decide(&node, id, true, "omar").await.unwrap_err();
    assert!(matches!(refused, JobError::OtherBuild { .. }), "{refused}");
    assert!(refused.to_string().contains("payments:9"), "{refused}");

    let waiting = jobs::ask(&node, VERIFICATION, "rana").await.unwrap().id;
    book.by_hand("folds = 'payments:9'", "state = 'waiting'").await;
    let options = Options::default();
    let refused = jobs::work(&node, &options, waiting, |_| {}).await.unwrap_err();
    assert!(matches!(refused, JobError::OtherBuild { .. }), "{refused}");

    jobs::cancel(&node, id, "omar").await.unwrap();
    assert_eq!(work(&node, id).await.state, State::Cancelled);

    // That build has not been seen for a day.
    book.by_hand("asked_at = clock_timestamp() - interval '25 hours'", "state = 'waiting'").await;
    let job = work(&node, waiting).await;
    assert_eq!(job.state, State::Cancelled);
    assert_eq!(job.failure.unwrap().code, "other-build");
    book.assert_swept().await;
}

/// A rebuild whose process was killed in the sweep, right after its switch.
async fn killed_in_its_sweep(book: &Book, node: &Ledger) -> Uuid {
    let id = jobs::ask(node, rebuild(&[]), "rana").await.unwrap().id;
    let before = book.revision().await;
    for steps in 2.. {
        assert!(steps < 500, "it never switches");
        let ended = killed_after(node, id, steps, async || {}).await;
        assert!(ended.is_none(), "it was killed too late");
        book.let_claims_run_out().await;
        if book.revision().await > before {
            return id;
        }
    }
    unreachable!()
}

#[tokio::test]
async fn rows_that_a_rebuild_still_sweeps_are_no_finding() {
    let (book, node) = busy().await;
    let id = killed_in_its_sweep(&book, &node).await;
    let mut most = 0;
    for state in projections::projections() {
        most = most.max(book.generations(&state.name).await.len());
    }
    assert!(most > 1, "old rows are left");
    let job = done(&node, VERIFICATION).await;
    assert_eq!(verified(&job).report.findings, []);
    assert_eq!(work(&node, id).await.state, State::Done);
    book.assert_swept().await;
}

#[tokio::test]
async fn what_has_switched_ends_as_done_whatever_is_asked_of_it() {
    let (book, node) = busy().await;
    let id = killed_in_its_sweep(&book, &node).await;
    let refused = jobs::cancel(&node, id, "omar").await.unwrap_err();
    assert!(matches!(refused, JobError::Over(_)), "{refused}");
    assert!(refused.to_string().contains("has switched"), "{refused}");
    // Asked in the moment of the switch, and something went wrong after it.
    let failure = r#"{"code": "internal", "text": "the disk is full"}"#;
    book.by_hand(
        &format!("cancel_asked = true, cancel_asked_by = 'omar', failure = '{failure}'"),
        "ended_at is null",
    )
    .await;
    let job = work(&node, id).await;
    assert_eq!(job.state, State::Done, "{:?}", job.summary);
    assert!(rebuilt(&job).switched.is_some());
    book.assert_swept().await;
    book.assert_verified().await;
}

#[tokio::test]
async fn a_job_that_ends_whoever_works_at_it_is_given_up() {
    let (book, node) = busy().await;
    let id = jobs::ask(&node, rebuild(&["payments"]), "rana").await.unwrap().id;
    for _ in 0..5 {
        assert!(killed_after(&node, id, 1, async || {}).await.is_none());
        book.let_claims_run_out().await;
    }
    let job = work(&node, id).await;
    assert_eq!((job.state, job.failure.unwrap().code.as_str()), (State::Failed, "gave-up"));
    assert_eq!(book.live("payments").await, 1);
    book.assert_swept().await;
}

#[tokio::test]
async fn what_a_build_that_is_gone_began_is_replaced_by_who_asks_for_the_same() {
    let (book, node) = busy().await;
    let first = jobs::ask(&node, rebuild(&["payments", "timeline"]), "rana").await.unwrap().id;
    assert!(killed_after(&node, first, 4, async || {}).await.is_none());
    book.let_claims_run_out().await;
    book.by_hand("folds = 'payments:9'", "ended_at is null").await;
    // It may only be between two steps.
    let refused = jobs::ask(&node, rebuild(&[]), "omar").await.unwrap_err();
    assert!(matches!(&refused, JobError::AlreadyRunning(job) if job.id == first), "{refused}");
    let long_ago = "asked_at = clock_timestamp() - interval '2 minutes',
                    claimed_until = clock_timestamp() - interval '2 minutes'";
    book.by_hand(long_ago, "ended_at is null").await;
    // Whoever rebuilds one view sweeps only that.
    let refused = jobs::ask(&node, rebuild(&["payments"]), "omar").await.unwrap_err();
    assert!(matches!(&refused, JobError::AlreadyRunning(job) if job.id == first), "{refused}");

    let second = jobs::ask(&node, rebuild(&[]), "omar").await.unwrap().id;
    let replaced = jobs::find(&node, first).await.unwrap();
    assert_eq!(replaced.state, State::Cancelled);
    assert_eq!(replaced.failure.unwrap().code, "other-build");
    // Cancelled before it began, it still sweeps what the first wrote.
    jobs::cancel(&node, second, "omar").await.unwrap();
    assert_eq!(work(&node, second).await.state, State::Cancelled);
    book.assert_swept().await;
}

#[tokio::test]
async fn an_older_build_rebuilds_only_what_it_is_told_to_go_back_with() {
    let (book, node) = busy().await;
    book.tamper(
        "select daftar.set_generation_1(1, (select revision from daftar.books), 'payments', 1, 2)",
    )
    .await;
    let refused = jobs::ask(&node, rebuild(&[]), "rana").await.unwrap_err();
    assert!(
        matches!(&refused, JobError::OlderFold { name, live: 2, ours: 1 } if name == "payments"),
        "{refused}"
    );
    jobs::ask(&node, rebuild(&["timeline"]), "rana").await.unwrap();
    let views = vec!["payments".to_owned()];
    let back = Wish::Rebuild { views, preview: false, accept_differences: true };
    assert_eq!(done(&node, back).await.state, State::Done);
    assert!(book.node().await.standing().is_good());
}

#[tokio::test]
async fn a_large_book_is_rebuilt_in_steps_while_it_is_written() {
    let book = Book::empty().await;
    let streams_max = NonZeroUsize::new(64).unwrap();
    let config = Config { streams_max, upcasters: Upcasters::new(), ..Config::default() };
    let node = book.node_with(config).await;
    let orders = if is_full() { 20_000 } else { 1_500 };
    let mut number = 0;
    while number < orders {
        let asked = (0..500).map(|turn| {
            let number = 1_000 + number + turn;
            node.submit(ask(id(number), by_transfer(number, "berta", 10)))
        });
        assert!(
            futures::future::join_all(asked)
                .await
                .into_iter()
                .all(|answer| answer.unwrap().is_accepted())
        );
        number += 500;
    }
    let held = jobs::begin(&node, rebuild(&[]), "rana").await.unwrap();
    let mut steps = 0;
    let writing = async {
        for turn in 0..50 {
            accepted(&node, 500 + turn, top_up("anna", turn, 10)).await;
        }
    };
    let options = Options::default();
    let mut told = |_: &Job| steps += 1;
    let (worked, ()) = tokio::join!(held.work(&options, &mut told), writing);
    let job = worked.unwrap().unwrap();
    assert_eq!(job.state, State::Done, "{:?}", job.failure);
    assert!(steps > 3, "{steps} steps");
    book.assert_swept().await;
    book.assert_verified().await;
}
