//! The HTTP service over an open book: listens, drains, and leaves nothing half done.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use api::{App, Secrets};
use ledger::Ledger;
use ledger::personal::{self, Vault};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::node::Node;
use crate::secret::Secret;

/// How often personal data that nothing names is looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// A service that answers until it is told to stop.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    tasks: TaskTracker,
    stop: CancellationToken,
    ledger: Ledger,
}

impl Service {
    /// Starts answering.
    pub(crate) async fn start(
        node: &Node,
        ledger: Ledger,
        listen: SocketAddr,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("could not listen on {listen}"))?;
        let address = listener.local_addr()?;
        let router = api::router(App::new(ledger.clone(), secrets(&node.secret)));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        node.look_after(&tasks, stop.clone());
        tasks.spawn(sweep(ledger.clone(), stop.clone()));
        let drained = stop.clone();
        tasks.spawn(async move {
            let serving = axum::serve(listener, router)
                .with_graceful_shutdown(async move { drained.cancelled().await });
            if let Err(error) = serving.await {
                tracing::error!(%error, "the service stopped listening");
            }
        });
        tasks.close();
        info!(%address, book = %ledger.book(), "serving");
        Ok(Self { address, tasks, stop, ledger })
    }

    /// Answers what is under way, commits it, and stops.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
        self.ledger.stop().await;
    }
}

/// Every key of the service, derived from the one secret.
pub(crate) fn secrets(secret: &Secret) -> Secrets {
    Secrets::new(secret.derive("fingerprints"), vault(secret))
}

/// The vault that personal data is kept in.
pub(crate) fn vault(secret: &Secret) -> Vault {
    Vault::new(secret.derive("personal data"))
}

/// Deletes personal data that no event came to name: its command was refused, or never sent.
async fn sweep(ledger: Ledger, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
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

/// Waits for SIGTERM or Ctrl-C.
pub(crate) async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => info!("SIGTERM: stopping"),
        _ = interrupt.recv() => info!("Ctrl-C: stopping"),
    }
    Ok(())
}
