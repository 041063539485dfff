//! One piece of work in a process of its own, so that its memory is its own.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use eventstore::BookId;
use eventstore::verify::ChainCheck;
use futures::TryStreamExt as _;
use projections::rebuild::{Allowed, begin, fill, sweep, switch};
use projections::{Unkept, verify_now};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPoolCopyExt as _, PgPoolOptions};
use tokio::process::Command;

use crate::gates::per_second;
use crate::server::Server;

/// Both views of an order.
pub(crate) const ORDER_VIEWS: [&str; 2] = ["customer_orders", "order_management"];

/// What is done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    /// Every event is sent to us and thrown away: the limit of whoever reads the log.
    CopyOut,
    /// Both order views are rebuilt.
    Rebuild,
    /// The chain is verified.
    Chain,
    /// Everything is verified.
    Verify,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    work: Work,
    /// Of the database; an argument like any other, since it is private and goes with the run.
    url: String,
    book: i32,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Once {
    events: u64,
    took: Duration,
    /// The most memory that the process ever had.
    peak_kilobytes: u64,
}

impl Once {
    pub(crate) fn events_per_second(self) -> Decimal {
        per_second(self.events, self.took)
    }

    pub(crate) fn peak_megabytes(self) -> Decimal {
        Decimal::from(self.peak_kilobytes) / Decimal::from(1_024)
    }
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Self::CopyOut => "copy-out",
            Self::Rebuild => "rebuild",
            Self::Chain => "chain",
            Self::Verify => "verify",
        }
    }

    /// Starts this program again, to do nothing else.
    pub(crate) async fn measure(self, server: &Server, book: BookId) -> Result<Once> {
        let output = Command::new(std::env::current_exe()?)
            .args(["once", self.name(), &server.url(), &book.0.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .await?;
        ensure!(output.status.success(), "{} failed", self.name());
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    async fn run(self, url: &str, book: BookId) -> Result<u64> {
        let pool = PgPoolOptions::new().connect(url).await?;
        Ok(match self {
            Self::CopyOut => {
                let copy = include_str!("once/copy_out.sql").replace("{book}", &book.0.to_string());
                let rows = pool.copy_out_raw(&copy).await?;
                rows.try_for_each(|_| std::future::ready(Ok(()))).await?;
                let end: i64 =
                    sqlx::query_scalar("select position from daftar.books where book_id = $1")
                        .bind(book)
                        .fetch_one(&pool)
                        .await?;
                u64::try_from(end)?
            }
            Self::Rebuild => {
                let mut conn = pool.acquire().await?;
                let mut build = begin(&mut conn, book, &ORDER_VIEWS).await?;
                Box::pin(fill(&mut conn, book, &mut build, &mut Unkept)).await?;
                let everything = Allowed::Everything;
                Box::pin(switch(&mut conn, book, &mut build, everything, &mut Unkept)).await?;
                build.events
            }
            Self::Chain => {
                let mut conn = pool.acquire().await?;
                let mut check =
                    ChainCheck::start(&mut conn, book, eventstore::Position::ZERO).await?;
                while let Some(findings) = check.next_page(&mut conn).await? {
                    ensure!(findings.is_empty(), "the chain is broken: {findings:?}");
                }
                u64::try_from(check.end().get())?
            }
            Self::Verify => {
                let report = verify_now(&pool, book).await?;
                ensure!(report.is_clean(), "it is not clean: {:?}", report.findings);
                report.events
            }
        })
    }
}

/// What a rebuild leaves behind for a sweep, which no reader and no writer waits for.
pub(crate) async fn tidy(server: &Server, book: BookId) -> Result<()> {
    let mut conn = server.connect().await?;
    sweep(&mut conn, book, &ORDER_VIEWS, &[], &mut Unkept).await?;
    server.run("vacuum (analyze)").await
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let begun = Instant::now();
    let events = args.work.run(&args.url, BookId::new(args.book)).await?;
    let once = Once { events, took: begun.elapsed(), peak_kilobytes: peak()? };
    serde_json::to_writer(std::io::stdout(), &once)?;
    Ok(std::io::stdout().flush()?)
}

fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.context("Linux tells how much memory there was at most")?.parse()?)
}
