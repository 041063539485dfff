//! A verification that is kept is taken up at any step and finds the same.

use std::num::NonZeroU16;
use std::time::Duration;

use projections::{
    GoOn, Keeper, Options, Progress, Report, Unkept, Verification, VerifyError, verify,
};
use serde::Serialize;
use sqlx::PgConnection;

use super::told_book;
use crate::book::{Book, Databases};

/// Keeps everything, and may end the work after a step.
#[derive(Default)]
struct Notes {
    checkpoints: Vec<String>,
    parts: Vec<String>,
    end_after: Option<(usize, GoOn)>,
}

impl Keeper for Notes {
    async fn keep<C: Serialize + Sync>(
        &mut self,
        _: &mut PgConnection,
        checkpoint: &C,
        progress: &Progress,
    ) -> Result<GoOn, sqlx::Error> {
        self.checkpoints.push(serde_json::to_string(checkpoint).unwrap());
        let Progress::Verified { what, done, total } = progress else { panic!("{progress:?}") };
        assert!(done <= total, "{progress:?}");
        self.parts.push((*what).to_owned());
        match self.end_after {
            Some((steps, go_on)) if self.checkpoints.len() == steps => Ok(go_on),
            _ => Ok(GoOn::Yes),
        }
    }
}

fn in_pages_of(size: u16) -> Options {
    Options { page_size: NonZeroU16::new(size).unwrap(), ..Options::default() }
}

async fn go_on(
    book: &Book,
    options: &Options,
    verification: &mut Verification,
    keeper: &mut impl Keeper,
) -> Result<Report, VerifyError> {
    let mut conn = book.pool.acquire().await.unwrap();
    let report = verify(&mut conn, book.id, options, verification, keeper).await?;
    assert!(report.took > Duration::ZERO);
    Ok(Report { took: Duration::ZERO, ..report })
}

/// Something in each part of it, so that what was found before a step is there after it.
async fn spoilt_book(databases: &Databases) -> Book {
    let book = told_book(databases).await;
    for (table, sql) in [
        ("events", "update daftar.events set payload = payload::jsonb::json where position = 2"),
        ("commands", "update daftar.commands set reply = '1' where position = 3"),
        ("customer_orders", "update daftar.customer_orders set status = 'lost'"),
        ("wallet_lines", "delete from daftar.wallet_lines where sequence in (2, 9)"),
        ("timeline", "update daftar.timeline set actor_id = 'x' where stream_type <> 'order'"),
        ("journal_lines", "update daftar.journal_lines set amount = amount + 1 where line = 2"),
    ] {
        databases.tamper(table, sql).await;
    }
    book
}

#[tokio::test]
async fn it_goes_on_from_every_step_and_finds_the_same() {
    let databases = Databases::empty().await;
    let book = spoilt_book(&databases).await;
    for size in [1, 7] {
        let options = in_pages_of(size);
        let mut notes = Notes::default();
        let whole = go_on(&book, &options, &mut Verification::default(), &mut notes).await.unwrap();
        assert!(whole.findings.len() > 50, "{}", whole.findings.len());
        notes.parts.dedup();
        assert_eq!(
            notes.parts,
            [
                "Looking at the guards",
                "Following the log",
                "Comparing decisions",
                "Comparing rows",
                "Comparing personal data",
                "Comparing sums"
            ]
        );
        let every = if std::env::var_os("DAFTAR_FULL").is_some() { 1 } else { 20 };
        let count = notes.checkpoints.len();
        assert!(count > 30, "{count}");
        for (step, checkpoint) in notes.checkpoints.iter().enumerate().step_by(every) {
            let mut verification = serde_json::from_str(checkpoint).unwrap();
            let report = go_on(&book, &options, &mut verification, &mut Unkept).await.unwrap();
            assert_eq!(report, whole, "from step {step} of {count} in pages of {size}");
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_find_the_same() {
    let databases = Databases::empty().await;
    let book = spoilt_book(&databases).await;
    let mut all = Vec::new();
    for size in [1, 2, 3, 5, 8, 50, 2_000] {
        let options = in_pages_of(size);
        let mut report =
            go_on(&book, &options, &mut Verification::default(), &mut Unkept).await.unwrap();
        report.findings.sort_by_key(ToString::to_string);
        all.push(report);
    }
    let whole = all.last().unwrap();
    assert_eq!(i64::try_from(whole.events).unwrap(), book.head().await.position.get());
    assert!(whole.rows > 100, "{}", whole.rows);
    for report in &all {
        assert_eq!(report, whole);
    }
}

#[tokio::test]
async fn it_ends_where_it_is_told_to_and_leaves_nothing_open() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    for (answer, step) in [(GoOn::Cancelled, 1), (GoOn::Lost, 3), (GoOn::Cancelled, 6)] {
        let mut notes = Notes { end_after: Some((step, answer)), ..Notes::default() };
        let mut verification = Verification::default();
        let ended =
            go_on(&book, &Options::default(), &mut verification, &mut notes).await.unwrap_err();
        match answer {
            GoOn::Cancelled => assert!(matches!(ended, VerifyError::Cancelled), "{ended}"),
            GoOn::Yes | GoOn::Lost => assert!(matches!(ended, VerifyError::Lost), "{ended}"),
        }
        assert_eq!(notes.checkpoints.len(), step);
        let open: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
              where datname = current_database() and state like 'idle in transaction%'",
        )
        .fetch_one(&mut databases.superuser().await)
        .await
        .unwrap();
        assert_eq!(open, 0);
    }
}
