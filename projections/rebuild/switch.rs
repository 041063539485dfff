//! The switch: the last few events are folded while writers wait, and readers see the new rows.

use std::time::{Duration, Instant};

use eventstore::{BookId, Generation, Position, Revision, lock_head, read_end};
use sqlx::{Acquire, PgConnection};
use uuid::Uuid;

use super::build::{Build, Place};
use super::compare::{Span, compare, compare_in_snapshot};
use super::differences::Differences;
use super::error::RebuildError;
use super::fill::fill_with;
use super::load::Load;
use super::states::States;
use super::tail::{Aside, FEW, Tail, fold_page};
use super::view::{self, View};
use super::{carry, journal};
use crate::keeper::Keeper;
use crate::progress::Progress;
use crate::projection::Maker;

/// How often what was touched meanwhile is compared before writers have to wait.
const ROUNDS: i32 = 5;

/// How long a switch may take writers' time, and how often it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// So many events may be left to be folded while writers wait: twice as many after each
    /// [`TRIES_AT_ONCE`] tries.
    pub left: u64,
    /// With more it catches up once more, and gives up after so many tries.
    pub tries: u32,
}

/// Where so many tries found too much left, writers who wait a little longer are better than a rebuild
/// that has to be asked for once more.
pub const TRIES_AT_ONCE: u32 = 5;

impl Patience {
    /// How many events may be left after so many tries.
    fn left_after(self, tries: u32) -> u64 {
        let doubled = 1_u64.checked_shl(tries / TRIES_AT_ONCE).unwrap_or(u64::MAX);
        self.left.saturating_mul(doubled)
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { left: 500, tries: 20 }
    }
}

/// Which differences may come.
#[derive(Debug, Clone, Copy)]
pub enum Allowed<'a> {
    /// What somebody saw: money may change where it does there, in that view, column and currency,
    /// and nowhere else.
    Seen(&'a Differences),
    /// Whatever differs is accepted, and nothing is compared.
    Everything,
}

/// A switch that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched {
    /// The events up to here were folded.
    pub position: Position,
    /// The head's revision after the switch.
    pub revision: Revision,
    /// How many events were folded while writers waited.
    pub events: u64,
    /// How long the head was held.
    pub writers_waited: Duration,
    /// What was found to differ since those that were seen.
    pub differences: Differences,
}

/// Catches up, folds what is left while writers wait, and makes the new generations those that readers
/// see, in one commit with the checkpoint that says so. Without a word of the admin no money changes.
pub async fn switch<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    allowed: Allowed<'_>,
    keeper: &mut K,
) -> Result<Switched, RebuildError> {
    switch_patiently(conn, book, build, allowed, Patience::default(), keeper).await
}

/// As [`switch`], with another patience.
pub async fn switch_patiently<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    allowed: Allowed<'_>,
    patience: Patience,
    keeper: &mut K,
) -> Result<Switched, RebuildError> {
    require_unswitched(build)?;
    let mut states = States::new(build.chosen());
    let mut few = FEW;
    let mut differences = Differences::default();
    let mut since = match allowed {
        Allowed::Everything => None,
        Allowed::Seen(seen) => {
            differences.since = seen.until;
            Some((seen, seen.until))
        }
    };
    let mut tries = 0;
    loop {
        fill_with(conn, book, build, &mut states, few, keeper).await?;
        few = FEW;
        if let Some((seen, since)) = &mut since {
            for round in 1.. {
                if *since < build.until {
                    let found = compare_in_snapshot(conn, book, build, Span::Since(*since)).await?;
                    require_seen(seen, &found)?;
                    differences.absorb(found);
                    *since = build.until;
                }
                let (end, _) = read_end(conn, book).await?;
                if end.get() - since.get() <= FEW || round == ROUNDS {
                    break;
                }
                fill_with(conn, book, build, &mut states, FEW, keeper).await?;
            }
        }
        let views = view::choose(&build.names())?;
        let journal = journal::live(conn, book, build).await?;
        let database = RebuildError::database(book);
        let mut tx = conn.begin().await.map_err(database)?;
        let mut last = Last {
            book,
            views: &views,
            journal,
            left_max: patience.left_after(tries),
            states: std::mem::replace(&mut states, States::new(build.chosen())),
            next: build.clone(),
            differences: differences.clone(),
        };
        let done = last.switch(&mut tx, since, keeper).await;
        if let Ok(Held::Switched { since: held_since, revision, events }) = done {
            tx.commit().await.map_err(database)?;
            let writers_waited = held_since.elapsed();
            *build = last.next;
            let (position, differences) = (build.until, last.differences);
            return Ok(Switched { position, revision, events, writers_waited, differences });
        }
        // At once: dropped, it would hold the head until the connection is used again.
        tx.rollback().await.map_err(database)?;
        tries += 1;
        let left = match done? {
            // Nothing was folded yet.
            Held::TooMuch(left) => {
                states = last.states;
                left
            }
            Held::Aside(left) => {
                few = 0;
                left
            }
            Held::Switched { .. } => 0,
        };
        if tries >= patience.tries {
            return Err(RebuildError::TooBusy { tries, left });
        }
    }
}

fn require_unswitched(build: &Build) -> Result<(), RebuildError> {
    match (&build.place, build.targets.first()) {
        (Place::Switched, Some(target)) => {
            Err(RebuildError::NotAbove { name: target.name.clone(), generation: target.generation })
        }
        _ => Ok(()),
    }
}

fn require_seen(seen: &Differences, found: &Differences) -> Result<(), RebuildError> {
    if seen.lacks_money_of(found) {
        return Err(RebuildError::MoneyWouldChange(Box::new(found.clone())));
    }
    Ok(())
}

/// What came of it while the head was held. All but the first are undone.
enum Held {
    Switched {
        since: Instant,
        revision: Revision,
        events: u64,
    },
    /// So many events were left that writers would wait too long.
    TooMuch(u64),
    /// Among those that were left is one of a stream whose rows have to be looked for.
    Aside(u64),
}

/// What is done while the head is held.
struct Last<'a> {
    book: BookId,
    views: &'a [View],
    journal: Option<Generation>,
    left_max: u64,
    states: States,
    next: Build,
    differences: Differences,
}

impl Last<'_> {
    async fn switch<K: Keeper>(
        &mut self,
        conn: &mut PgConnection,
        since: Option<(&Differences, Position)>,
        keeper: &mut K,
    ) -> Result<Held, RebuildError> {
        let database = RebuildError::database(self.book);
        let head = lock_head(conn, self.book).await?;
        let held_since = Instant::now();
        if !head.is_understood() {
            return Err(RebuildError::Format(self.book));
        }
        // Whatever else is locked, writers wait no longer than this.
        let sql = "set local lock_timeout = '5s'";
        sqlx::query(sql).execute(&mut *conn).await.map_err(database)?;
        self.require_above(&head)?;
        let left = u64::try_from(head.position.get() - self.next.until.get()).unwrap_or_default();
        if left > self.left_max {
            return Ok(Held::TooMuch(left));
        }
        let quarantined = self.next.quarantined.len();
        let mut orders = Vec::new();
        let mut aside = Aside::default();
        while self.next.until < head.position {
            let Self { book, views, journal, states, next, .. } = self;
            let Tail { views: tail, orders: told, aside: apart } =
                fold_page(conn, *book, next, views, states, *journal).await?;
            aside.absorb(apart);
            orders.extend(told);
            tail.load(conn, *book, next, &Load::Tail).await.map_err(database)?;
        }
        journal::require_unchanged(&self.next)?;
        let has_named = self.views.iter().any(|view| view.maker == Maker::Named);
        if self.next.quarantined.len() > quarantined || has_named && aside.is_unreadable {
            return Ok(Held::Aside(left));
        }
        if !self.next.uncarried.is_empty() {
            carry::carry_over_aside(conn, self.book, &mut self.next, self.views, &aside).await?;
        }
        if let Some((seen, since)) = since {
            self.compare(conn, seen, since, orders).await?;
        }
        self.next.place = Place::Switched;
        let targets = &self.next.targets;
        let is_switched: bool =
            sqlx::query_scalar(include_str!("../sql/rebuild/call_switch_generations.sql"))
                .bind(self.book)
                .bind(head.revision)
                .bind(targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>())
                .bind(targets.iter().map(|target| target.generation).collect::<Vec<_>>())
                .bind(targets.iter().map(|target| target.fold_version).collect::<Vec<_>>())
                .fetch_one(&mut *conn)
                .await
                .map_err(database)?;
        if !is_switched {
            return Err(RebuildError::Moved(self.book));
        }
        let progress = Progress::Folded { position: head.position, end: head.position };
        let go_on = keeper.keep(conn, &self.next, &progress).await.map_err(database)?;
        RebuildError::unless_stopped(go_on)?;
        Ok(Held::Switched { since: held_since, revision: head.revision.next(), events: left })
    }

    fn require_above(&self, head: &eventstore::Head) -> Result<(), RebuildError> {
        for target in &self.next.targets {
            if head.generation(&target.name).is_some_and(|live| live >= target.generation) {
                let (name, generation) = (target.name.clone(), target.generation);
                return Err(RebuildError::NotAbove { name, generation });
            }
        }
        Ok(())
    }

    /// Compares what was touched since that was done last.
    async fn compare(
        &mut self,
        conn: &mut PgConnection,
        seen: &Differences,
        since: Position,
        mut orders: Vec<Uuid>,
    ) -> Result<(), RebuildError> {
        orders.sort_unstable();
        orders.dedup();
        let span = Span::Held(since, &orders);
        let found = compare(conn, self.book, &self.next, span).await?;
        require_seen(seen, &found)?;
        self.differences.absorb(found);
        Ok(())
    }
}
