//! A rebuild: fills the new generations, compares them with what readers see, switches, and deletes
//! what nobody sees any more.

use std::time::Duration;

use eventstore::{BookId, Position, Revision};
use projections::rebuild::{
    Allowed, Build, Differences, Place, Switched, ViewDifferences, begin, differences, fill, sweep,
    switch,
};
use projections::{GoOn, Keeper as _, Progress, Quarantined, RebuildError, projections};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{Acquire as _, PgConnection};
use tracing::info;

use super::lease::{Claim, Lease};
use super::work::{Broken, Made, Told};
use super::{Failure, Wish, room, row};
use crate::ledger::Ledger;
use crate::quarantine::{self, Finder};

/// How often money that nobody has seen may turn up at the switch before the job gives up.
const SURPRISES_MAX: u32 = 3;

/// What came of a rebuild; of one that waits for a decision, what would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// The new rows hold every event up to here.
    pub position: Position,
    pub views: Vec<RebuiltView>,
    pub changes_money: bool,
    /// What readers see otherwise than before, or would.
    pub differences: Differences,
    /// The streams that could not be folded: their rows are as they were.
    pub quarantined: Vec<Quarantined>,
    /// None before the switch.
    pub switched: Option<Switch>,
}

/// A view of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuiltView {
    pub name: String,
    pub generation: i32,
    pub rows: u64,
    /// How many rows came, went, or are other than they were.
    pub changed: u64,
}

/// How the switch went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// The head's revision after it; none if the process was killed before it could be said.
    pub revision: Option<Revision>,
    /// How long writers had to wait, likewise.
    pub writers_waited_ms: Option<u64>,
    /// How many rows were deleted afterwards.
    pub swept: u64,
}

impl Rebuilt {
    fn of(build: &Build, differences: Differences) -> Self {
        let views = build.targets.iter().map(|target| RebuiltView {
            name: target.name.clone(),
            generation: target.generation.get(),
            rows: build.rows.get(&target.name).copied().unwrap_or_default(),
            changed: changed(&differences, &target.name),
        });
        Self {
            position: build.until,
            views: views.collect(),
            changes_money: differences.changes_money(),
            differences,
            quarantined: build.quarantined.clone(),
            switched: None,
        }
    }

    /// How many rows came, went, or are other than they were.
    pub fn changed(&self) -> u64 {
        self.views.iter().map(|view| view.changed).sum()
    }

    fn summary(&self) -> String {
        let rows = counted(self.views.iter().map(|view| view.rows).sum(), "row");
        let what = match self.views.as_slice() {
            [one] => one.name.clone(),
            views => format!("{} views", views.len()),
        };
        let differ = match (self.changed(), self.changes_money) {
            (0, _) => "no difference".to_owned(),
            (1, false) => "1 row differs, no money".to_owned(),
            (1, true) => "1 row differs, and money does".to_owned(),
            (rows, false) => format!("{rows} rows differ, no money"),
            (rows, true) => format!("{rows} rows differ, and money does"),
        };
        match &self.switched {
            Some(Switch { writers_waited_ms: Some(waited), swept, .. }) => format!(
                "{what} with {rows} switched to at {}: {differ}; writers waited {waited} ms, {} swept",
                self.position,
                counted(*swept, "old row")
            ),
            Some(Switch { swept, .. }) => format!(
                "{what} with {rows} switched to at {}: {differ}; {} swept",
                self.position,
                counted(*swept, "old row")
            ),
            None => format!("{what} with {rows} built up to {}: {differ}", self.position),
        }
    }
}

/// So many of these: "1 row", "2 rows".
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn changed(differences: &Differences, name: &str) -> u64 {
    let of_view = differences.views.iter().filter(|view| view.name == name);
    of_view.map(ViewDifferences::rows).sum()
}

/// Goes on from where it was kept last to the end, or to where somebody has to decide.
pub(super) async fn make(
    conn: &mut PgConnection,
    ledger: &Ledger,
    lease: &mut Lease<'_>,
) -> Result<Made, Broken> {
    let book = ledger.book();
    let kept: Option<Build> = row::checkpoint(conn, book, lease.claim.job).await?;
    let mut build = match kept {
        Some(build) if build.place == Place::Switched => {
            return end(conn, ledger, lease, build).await;
        }
        Some(build) => build,
        None => start(conn, ledger, lease).await?,
    };
    let (is_preview, accepts) = wanted(lease);
    // Whoever decided has seen these, and nothing else.
    let mut seen = match &lease.job.decision {
        Some(_) => kept_result(lease.job.result.clone())?.map(|rebuilt| rebuilt.differences),
        None => None,
    };
    let mut surprises = 0;
    loop {
        fill(conn, book, &mut build, lease).await?;
        quarantine::note(conn, book, &build.quarantined, Finder::Rebuild).await?;
        let is_decided = seen.is_some();
        let differences = match seen.take() {
            Some(seen) => seen,
            None => differences(conn, book, &build).await?,
        };
        let rebuilt = Rebuilt::of(&build, differences);
        if !is_decided && (is_preview || rebuilt.changes_money && !accepts) {
            return Ok(Made::Ready(Told::new(rebuilt.summary(), &rebuilt)?));
        }
        keep_result(conn, lease.claim, &rebuilt).await?;
        // Money may change where it was seen to, and nowhere else; unless it is accepted unseen, and
        // every look at it finds more.
        let allowed = if accepts && surprises > 0 {
            Allowed::Everything
        } else {
            Allowed::Seen(&rebuilt.differences)
        };
        match switch(conn, book, &mut build, allowed, lease).await {
            Ok(switched) => {
                quarantine::note(conn, book, &build.quarantined, Finder::Rebuild).await?;
                ledger.metrics().switched(switched.writers_waited);
                info!(
                    job = %lease.claim.job,
                    position = switched.position.get(),
                    writers_waited_ms = millis(switched.writers_waited),
                    events = switched.events,
                    "readers see the rebuilt views"
                );
                keep_result(conn, lease.claim, &rebuilt.switched(&build, &switched)).await?;
                return end(conn, ledger, lease, build).await;
            }
            Err(RebuildError::MoneyWouldChange(_)) if surprises < SURPRISES_MAX => surprises += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn kept_result(result: Option<serde_json::Value>) -> Result<Option<Rebuilt>, Broken> {
    let kept = result.map(serde_json::from_value).transpose();
    kept.map_err(|error| Broken::Job(error.into()))
}

impl Rebuilt {
    fn switched(mut self, build: &Build, switched: &Switched) -> Self {
        self.position = switched.position;
        self.changes_money |= switched.differences.changes_money();
        for view in &mut self.views {
            view.rows = build.rows.get(&view.name).copied().unwrap_or(view.rows);
            view.changed += changed(&switched.differences, &view.name);
        }
        self.switched = Some(Switch {
            revision: Some(switched.revision),
            writers_waited_ms: Some(millis(switched.writers_waited)),
            swept: 0,
        });
        self
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whether it is to wait for a decision, and whether money may change without one.
fn wanted(lease: &Lease<'_>) -> (bool, bool) {
    match &lease.job.wish {
        Wish::Rebuild { preview, accept_differences, .. } => (*preview, *accept_differences),
        Wish::Verification { .. } => (false, false),
    }
}

fn views(lease: &Lease<'_>) -> Vec<String> {
    match &lease.job.wish {
        Wish::Rebuild { views, .. } => views.clone(),
        Wish::Verification { .. } => Vec::new(),
    }
}

async fn start(
    conn: &mut PgConnection,
    ledger: &Ledger,
    lease: &mut Lease<'_>,
) -> Result<Build, Broken> {
    let (book, views) = (ledger.book(), views(lease));
    let needed = room::check(conn, ledger, Some(lease.claim.job), &views).await?;
    // None where it cannot be seen from here.
    let free = ledger.disk().free();
    info!(job = %lease.claim.job, needed, free, "nothing is known against the room for a rebuild");
    let names: Vec<&str> = views.iter().map(String::as_str).collect();
    let build = begin(conn, book, &names).await?;
    let mut tx = conn.begin().await?;
    let progress = Progress::Folded { position: Position::ZERO, end: build.until };
    let kept = lease.keep(&mut tx, &build, &progress).await;
    // At once: dropped, it would hold the job's row until the connection is used again.
    if !matches!(kept, Ok(GoOn::Yes)) {
        tx.rollback().await?;
        go_on(kept?)?;
        return Err(Broken::Lost);
    }
    tx.commit().await?;
    Ok(build)
}

fn go_on(go_on: GoOn) -> Result<(), Broken> {
    match go_on {
        GoOn::Yes => Ok(()),
        GoOn::Cancelled => Err(Broken::Cancelled),
        GoOn::Lost => Err(Broken::Lost),
    }
}

async fn keep_result(
    conn: &mut PgConnection,
    claim: Claim,
    rebuilt: &Rebuilt,
) -> Result<(), Broken> {
    let result = serde_json::to_string(rebuilt).map_err(|error| Broken::Job(error.into()))?;
    let kept = sqlx::query(include_str!("sql/note_result.sql"))
        .bind(claim.book)
        .bind(claim.job)
        .bind(claim.id)
        .bind(result)
        .execute(conn)
        .await?;
    if kept.rows_affected() == 0 { Err(Broken::Lost) } else { Ok(()) }
}

/// Deletes what nobody sees any more. From here on the job is as good as done: it cannot be
/// cancelled, and whoever takes it up deletes the rest.
async fn end(
    conn: &mut PgConnection,
    ledger: &Ledger,
    lease: &mut Lease<'_>,
    build: Build,
) -> Result<Made, Broken> {
    let swept = sweep_views(conn, ledger, lease).await?;
    let job = row::read(conn, ledger.book(), lease.claim.job).await?;
    let kept = kept_result(job.and_then(|job| job.result))?;
    let mut rebuilt = kept.unwrap_or_else(|| Rebuilt::of(&build, Differences::default()));
    // Whoever was killed at the switch could not say more of it.
    let unsaid = Switch { revision: None, writers_waited_ms: None, swept: 0 };
    rebuilt.switched.get_or_insert(unsaid).swept = swept;
    Ok(Made::Done(Told::new(rebuilt.summary(), &rebuilt)?))
}

/// Deletes what was written for nobody.
pub(super) async fn undo(
    conn: &mut PgConnection,
    ledger: &Ledger,
    lease: &mut Lease<'_>,
) -> Result<u64, Broken> {
    sweep_views(conn, ledger, lease).await
}

async fn sweep_views(
    conn: &mut PgConnection,
    ledger: &Ledger,
    lease: &mut Lease<'_>,
) -> Result<u64, Broken> {
    // Another build's job may name views that this one does not have.
    let known: Vec<String> = projections().into_iter().map(|state| state.name).collect();
    let views: Vec<String> = views(lease).into_iter().filter(|view| known.contains(view)).collect();
    if views.is_empty() {
        return Ok(0);
    }
    let names: Vec<&str> = views.iter().map(String::as_str).collect();
    let swept = sweep(conn, ledger.book(), &names, &[], &mut lease.ending()).await?;
    ledger.metrics().swept(swept);
    Ok(swept)
}

impl From<RebuildError> for Broken {
    fn from(error: RebuildError) -> Self {
        let code = match &error {
            RebuildError::Cancelled => return Self::Cancelled,
            RebuildError::Lost => return Self::Lost,
            RebuildError::JournalWouldChange { positions } => {
                let failure = Failure {
                    code: "journal-would-change".to_owned(),
                    text: error.to_string(),
                    details: json!({ "positions": positions }),
                };
                return Self::Refused(failure);
            }
            RebuildError::Database { cause, .. } if is_full(cause) => "not-enough-room",
            RebuildError::Database { .. } => {
                let RebuildError::Database { cause, .. } = error else { return Self::Lost };
                return cause.into();
            }
            RebuildError::MoneyWouldChange(_) => "differences-not-accepted",
            RebuildError::OtherFold { .. } => "other-build",
            RebuildError::Format(_) => "outdated",
            RebuildError::UnknownProjection(_) => "view-not-found",
            RebuildError::TooBusy { .. } => "too-busy",
            RebuildError::TooManyQuarantined(_) => "too-many-quarantined",
            RebuildError::NotAbove { .. } | RebuildError::Head(_) | RebuildError::Moved(_) => {
                "internal"
            }
        };
        Self::refused(code, &error)
    }
}

/// The server's code for a disk that is full.
fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "53100")
}

/// The views of which unfinished rebuilds of the book are filling or deleting generations.
pub async fn views_under_way(
    conn: &mut PgConnection,
    book: BookId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/list_under_way.sql")).bind(book).fetch_all(conn).await
}
