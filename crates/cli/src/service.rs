//! The HTTP service over an open book: listens, drains, and leaves nothing half done.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use api::{App, Lifecycle, Secrets};
use ledger::personal::{self, Vault};
use ledger::webhooks::{Allow, Options};
use ledger::workers::Workers;
use ledger::{Ledger, deadlines, expiry, filling, jobs, monitors, scrubber};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::limits::LimitArgs;
use crate::node::Node;
use crate::secret::Secret;
use crate::server::Server;

/// How long requests under way may take once the service is to stop.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// How long what was committed meanwhile may take to be told to those who wait for it.
const REPLIES_MAX: Duration = Duration::from_secs(2);
/// How often personal data that nothing names is looked for.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// When it is looked for at first: a node that is restarted often looks all the same.
const SWEEP_FIRST: Duration = Duration::from_mins(1);

/// A service that answers until it is told to stop.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    tasks: TaskTracker,
    stop: CancellationToken,
    ledger: Ledger,
    lifecycle: Lifecycle,
    /// How long it says that it stops before it does.
    drain: Duration,
}

/// How a service serves.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    /// It fires what falls due.
    pub(crate) fires_deadlines: bool,
    /// It sends webhooks, …
    pub(crate) sends_webhooks: bool,
    /// … which may be named for, and sent to, these addresses.
    pub(crate) webhooks: Allow,
    /// It works at rebuilds and verifications.
    pub(crate) works_at_jobs: bool,
    /// It looks for what is in trouble.
    pub(crate) watches: bool,
    /// It goes round the book and repairs views, if it does, so.
    pub(crate) scrubs: Option<scrubber::Options>,
    pub(crate) limits: LimitArgs,
}

impl Service {
    /// Starts answering, and firing what falls due if this node is one that does.
    pub(crate) async fn start(
        node: &Node,
        ledger: Ledger,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        let Settings {
            listen,
            fires_deadlines,
            sends_webhooks,
            webhooks,
            works_at_jobs,
            watches,
            scrubs,
            limits,
        } = settings;
        raise_open_files();
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("could not listen on {listen}"))?;
        let address = listener.local_addr()?;
        let mut app = App::new(ledger.clone(), secrets(&node.secret)).with_limits(limits.limits());
        app.webhooks = webhooks;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let workers = Workers::new(tasks.clone(), ledger.metrics().clone(), stop.clone());
        node.look_after(&workers);
        let hands =
            Hands { ledger: ledger.clone(), vault: vault(&node.secret), stop: stop.clone() };
        hands.put(&workers, "sweep", |Hands { ledger, stop, .. }| sweep(ledger, stop));
        hands.put(&workers, "expiry", |Hands { ledger, stop, .. }| expiry::run(ledger, stop));
        hands.put(&workers, "filling", |Hands { ledger, stop, .. }| filling::run(ledger, stop));
        if fires_deadlines {
            hands.put(&workers, "deadlines", |Hands { ledger, stop, .. }| {
                deadlines::run(ledger, stop)
            });
        }
        if sends_webhooks {
            hands.put(&workers, "webhooks", move |Hands { ledger, vault, stop }| {
                let options = Options::new(webhooks, api::webhook_message);
                ledger::webhooks::run(ledger, vault, options, stop)
            });
        }
        if works_at_jobs {
            hands.put(&workers, "jobs", |Hands { ledger, vault, stop }| {
                jobs::run(ledger, vault, stop)
            });
        }
        if watches {
            hands.put(&workers, "monitors", |Hands { ledger, stop, .. }| {
                monitors::run(ledger, stop)
            });
        }
        if let Some(options) = scrubs {
            hands.put(&workers, "scrubber", move |Hands { ledger, vault, stop }| {
                scrubber::run(ledger, vault, options.clone(), stop)
            });
        }
        tasks.spawn(Server::new(&app, limits.connections()).run(listener));
        tasks.close();
        info!(%address, book = %ledger.book(), "serving");
        let (lifecycle, drain) = (app.lifecycle, limits.drain());
        Ok(Self { address, tasks, stop, ledger, lifecycle, drain })
    }

    /// Answers what is under way, commits it, and stops.
    pub(crate) async fn stop(self) {
        self.lifecycle.drain();
        tokio::time::sleep(self.drain).await;
        self.lifecycle.close();
        self.stop.cancel();
        // A client that never finishes its request must not keep the service from stopping;
        // whatever was submitted is answered and committed below all the same.
        let is_late = tokio::time::timeout(DRAIN_MAX, self.tasks.wait()).await.is_err();
        self.ledger.stop().await;
        if is_late && tokio::time::timeout(REPLIES_MAX, self.tasks.wait()).await.is_err() {
            warn!("some clients did not finish their requests; leaving them");
        }
    }
}

/// What a worker is given each time that it is begun.
#[derive(Clone)]
struct Hands {
    ledger: Ledger,
    vault: Vault,
    stop: CancellationToken,
}

impl Hands {
    /// Has a worker work, and replaced should it break off.
    fn put<W: Future<Output = ()> + Send + 'static>(
        &self,
        workers: &Workers,
        name: &'static str,
        begin: impl Fn(Self) -> W + Send + 'static,
    ) {
        let hands = self.clone();
        workers.watch_over(name, move || begin(hands.clone()));
    }
}

/// Every connection is an open file, and the usual limit is one for programs that read a few.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, "the limit of open files stays as it is");
    }
}

/// Every key of the service, derived from the one secret.
pub(crate) fn secrets(secret: &Secret) -> Secrets {
    Secrets::new(secret.derive("fingerprints"), secret.derive("delivery codes"), vault(secret))
}

/// The vault that personal data is kept in.
pub(crate) fn vault(secret: &Secret) -> Vault {
    Vault::new(secret.derive("personal data"))
}

/// Deletes personal data that no event came to name: its command was refused, or never sent.
async fn sweep(ledger: Ledger, stop: CancellationToken) {
    let mut pause = SWEEP_FIRST;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = SWEEP_EVERY;
        let swept = async {
            let mut conn = ledger.pool().acquire().await?;
            personal::sweep(&mut conn, ledger.book(), ledger.clock().now()).await
        };
        match swept.await {
            Ok(0) => {}
            Ok(rows) => info!(rows, "swept personal data that nothing names"),
            Err(error) => warn!(%error, "could not sweep personal data"),
        }
    }
}

/// SIGTERM and Ctrl-C. From its making on they no longer end the process: whoever makes it has to
/// wait for them.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them.
    pub(crate) async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => info!("SIGTERM: stopping"),
            _ = self.interrupt.recv() => info!("Ctrl-C: stopping"),
        }
    }
}
