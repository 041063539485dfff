//! `daftar replay`: any state as it was, or what changed between two, folded from the events.

use std::ops::ControlFlow;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::builder::PossibleValuesParser;
use domain::id::{OrderId, WalletId};
use indicatif::ProgressBar;
use ledger::Ledger;
use ledger::as_of::Moment;
use ledger::replay::{self, At};
use projections::Quarantined;
use projections::past::{self, Item, MoneyChanges, Summing};

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

mod shown;
mod tables;

use shown::{Changed, End, Found, Place, QuarantinedLine, Row, Sums};
use tables::Tables;

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").args(["order", "wallet", "view"])))]
pub(crate) struct Args {
    /// Show the book as it was: at a position, a cursor, a time by RFC 3339, or the end of a day by
    /// the book's time zone [default: as it is now].
    #[arg(long, value_name = "MOMENT", conflicts_with = "diff")]
    as_of: Option<Moment>,

    /// Show what changed after one moment and up to another, in rows and in money.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    diff: Option<Vec<Moment>>,

    /// Only this order, by id or number: its rows in every view, and its timeline.
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,

    /// Only this wallet, by its customer, `CUSTOMER:CURRENCY` or its id: its lines, its balance and
    /// what was asked of it.
    #[arg(long, value_name = "WALLET")]
    wallet: Option<String>,

    /// Only this view, row by row.
    #[arg(long, value_name = "VIEW", value_parser = PossibleValuesParser::new(past::NAMES))]
    view: Option<String>,
}

/// What is shown.
#[derive(Debug, Clone, Copy)]
enum What {
    Everything,
    Order(OrderId),
    Wallet(WalletId),
    View(&'static str),
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open_to_maintain(config).await?;
    let what = chosen(&ledger, &args).await?;
    let is_whole = match args.diff.as_deref() {
        Some([from, to]) => diff(&ledger, (*from, *to), what, output).await?,
        Some([..]) | None => show(&ledger, &args, what, output).await?,
    };
    ledger.stop().await;
    node.stop().await?;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn chosen(ledger: &Ledger, args: &Args) -> anyhow::Result<What> {
    Ok(if let Some(order) = &args.order {
        let mut conn = ledger.pool().acquire().await?;
        What::Order(replay::find_order(&mut conn, ledger, order).await?)
    } else if let Some(wallet) = &args.wallet {
        let not_a_name = || replay::FindWalletError::NotAName(wallet.clone());
        What::Wallet(replay::wallet_of(wallet).with_context(not_a_name)?)
    } else if let Some(view) = args.view.as_deref().and_then(past::view_named) {
        What::View(view)
    } else {
        What::Everything
    })
}

/// Shows a state; whether every stream could be followed.
async fn show(ledger: &Ledger, args: &Args, what: What, output: Output) -> anyhow::Result<bool> {
    let (book, mut conn) = (ledger.book(), ledger.pool().acquire().await?);
    let at = replay::at(&mut conn, ledger, args.as_of).await?;
    if matches!(what, What::Everything) {
        return summary(ledger, at, output).await;
    }
    // What was not there is told before anything is shown.
    let mut story = None;
    if let What::Order(order) = what {
        let told = past::order(&mut conn, book, order, at.position).await?;
        if told.rows.is_empty() && told.quarantined.is_empty() {
            let typed = args.order.as_deref().unwrap_or_default();
            bail!("order {typed} was not there at position {}", at.position);
        }
        story = Some(told);
    }
    if let Some(wallet) = &args.wallet {
        replay::find_wallet(&mut conn, ledger, wallet, at.position).await?;
    }
    output.say(tables::heading(&at));
    let bar = output.progress("Folding events", events(&at));
    let mut telling = Telling::new(output, &bar);
    if telling.line(&Found { at: Place::of(&at) })?.is_break() {
        return Ok(true);
    }
    match what {
        What::Everything => {}
        What::Order(_) => {
            let story = story.unwrap_or_default();
            telling.all(story.rows.into_iter().map(Item::Row));
            telling.all(story.quarantined.into_iter().map(Item::Quarantined));
        }
        What::Wallet(wallet) => {
            let mut take = |item| telling.take(item);
            past::wallet(&mut conn, book, wallet, at.position, 0, &mut take).await?;
        }
        What::View(view) => {
            let (until, mut take) = (at.position, |item| telling.take(item));
            past::view(&mut conn, book, view, until, None, None, &mut take).await?;
        }
    }
    telling.end("rows")
}

/// Shows a whole book in sums.
async fn summary(ledger: &Ledger, at: At, output: Output) -> anyhow::Result<bool> {
    let mut conn = ledger.pool().acquire().await?;
    let bar = output.progress("Folding events", events(&at));
    let mut summing = Summing::new(ledger.book(), at.position);
    while summing.step(&mut conn).await? {
        bar.set_position(summing.events());
    }
    bar.finish_and_clear();
    let summary = summing.done();
    output.say(tables::heading(&at));
    tables::summary(output, &summary);
    output.data(&Sums::of(&at, &summary))?;
    Ok(summary.quarantined.is_empty())
}

/// Shows what changed; whether every stream could be followed.
async fn diff(
    ledger: &Ledger,
    (from, to): (Moment, Moment),
    what: What,
    output: Output,
) -> anyhow::Result<bool> {
    let (book, mut conn) = (ledger.book(), ledger.pool().acquire().await?);
    let (from, to) = replay::between(&mut conn, ledger, from, Some(to)).await?;
    output.say(tables::between(&from, &to));
    let bar = output.progress("Folding events", events(&to).saturating_sub(events(&from)));
    let mut telling = Telling::new(output, &bar);
    if telling.line(&shown::Between { from: Place::of(&from), to: Place::of(&to) })?.is_break() {
        return Ok(true);
    }
    let between = (from.position, to.position);
    match what {
        What::Order(order) => {
            let (changes, quarantined) =
                past::story_changes(&mut conn, book, order, between).await?;
            telling.all(changes.into_iter().map(Item::Change));
            telling.all(quarantined.into_iter().map(Item::Quarantined));
        }
        What::Wallet(wallet) => {
            let mut take = |item| telling.take(item);
            past::wallet_changes(&mut conn, book, wallet, between, 0, &mut take).await?;
        }
        What::Everything | What::View(_) => {
            let view = if let What::View(view) = what { Some(view) } else { None };
            let mut take = |item| telling.take(item);
            past::changes(&mut conn, book, between, view, None, None, &mut take).await?;
        }
    }
    telling.end("changes")
}

fn events(at: &At) -> u64 {
    u64::try_from(at.position.get()).unwrap_or_default()
}

/// Tells what comes, as it comes: a JSON object a line, or tables a few rows at a time.
struct Telling<'a> {
    output: Output,
    bar: &'a ProgressBar,
    tables: Tables,
    count: u64,
    money: MoneyChanges,
    quarantined: Vec<Quarantined>,
    /// Why a line could not be written.
    failed: Option<anyhow::Error>,
}

impl<'a> Telling<'a> {
    fn new(output: Output, bar: &'a ProgressBar) -> Self {
        Self {
            output,
            bar,
            tables: Tables::new(output),
            count: 0,
            money: MoneyChanges::default(),
            quarantined: Vec::new(),
            failed: None,
        }
    }

    fn all(&mut self, items: impl Iterator<Item = Item>) {
        for item in items {
            if self.take(item).is_break() {
                return;
            }
        }
    }

    fn line(&self, value: &impl serde::Serialize) -> anyhow::Result<ControlFlow<()>> {
        let goes_on = self.output.line(value)?;
        Ok(if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    fn take(&mut self, item: Item) -> ControlFlow<()> {
        let told = match item {
            Item::Row(row) => {
                self.count = self.count.saturating_add(1);
                let told = self.line(&Row::of(&row));
                self.bar.suspend(|| self.tables.row(row));
                told
            }
            Item::Change(change) => {
                self.count = self.count.saturating_add(1);
                self.money.add(&change);
                let told = self.line(&Changed::of(&change));
                self.bar.suspend(|| self.tables.change(&change));
                told
            }
            Item::Quarantined(quarantined) => {
                let told = self.line(&QuarantinedLine::of(&quarantined));
                self.quarantined.push(quarantined);
                told
            }
            Item::Read(count) => {
                self.bar.inc(count);
                return ControlFlow::Continue(());
            }
        };
        told.unwrap_or_else(|error| {
            self.failed = Some(error);
            ControlFlow::Break(())
        })
    }

    /// The last line, and what there is to say of all of it; whether every stream could be followed.
    fn end(mut self, what: &str) -> anyhow::Result<bool> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.bar.finish_and_clear();
        self.tables.end();
        tables::money(self.output, &self.money);
        tables::quarantined(self.output, &self.quarantined);
        self.output.say(format!("{} {what}.", self.count));
        let end = End::of(self.count, &self.money, self.quarantined.len());
        // Whoever has read enough is gone.
        self.output.line(&end)?;
        Ok(self.quarantined.is_empty())
    }
}
