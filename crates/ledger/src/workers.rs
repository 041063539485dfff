//! Workers of a process: one that breaks off, or ends before it is told to, is begun again.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::metrics::Metrics;

/// The pause before a worker is begun again; doubled each time that it breaks off at once.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Whoever worked for so long has begun well: the next pause is the first again.
const BEGAN_WELL: Duration = Duration::from_mins(1);

/// Where the workers of a process run, and until when.
#[derive(Debug, Clone)]
pub struct Workers {
    tasks: TaskTracker,
    metrics: Metrics,
    stop: CancellationToken,
}

impl Workers {
    pub fn new(tasks: TaskTracker, metrics: Metrics, stop: CancellationToken) -> Self {
        Self { tasks, metrics, stop }
    }

    /// What tells a worker to end.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Has a worker work until it is told to stop, however often it has to be begun again.
    pub fn watch_over<W>(&self, name: &'static str, begin: impl FnMut() -> W + Send + 'static)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let (metrics, stop) = (self.metrics.clone(), self.stop.clone());
        self.tasks.spawn(replace(metrics, name, stop, begin, false));
    }

    /// The same for one that works through a queue, and ends where that ends. What it had taken
    /// when it broke off is dropped; the rest waits for the next one.
    pub(crate) fn work_through<T, W>(
        &self,
        name: &'static str,
        queue: mpsc::Receiver<T>,
        mut begin: impl FnMut(Queue<T>) -> W + Send + 'static,
    ) where
        T: Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let queue = Arc::new(Mutex::new(queue));
        let (metrics, stop) = (self.metrics.clone(), self.stop.clone());
        let begin = move || begin(Arc::clone(&queue));
        self.tasks.spawn(replace(metrics, name, stop, begin, true));
    }
}

/// A queue that outlives whoever works through it.
pub(crate) type Queue<T> = Arc<Mutex<mpsc::Receiver<T>>>;

async fn replace<W: Future<Output = ()>>(
    metrics: Metrics,
    name: &'static str,
    stop: CancellationToken,
    mut begin: impl FnMut() -> W,
    may_end: bool,
) {
    metrics.worker_watched(name);
    let mut pause = PAUSE_FIRST;
    loop {
        let since = Instant::now();
        // What it began with is made anew, and nothing of the broken one is used again.
        let done = AssertUnwindSafe(async { begin().await }).catch_unwind().await;
        match done {
            Ok(()) if may_end || stop.is_cancelled() => return,
            Ok(()) => error!(worker = name, "a worker ended by itself and is begun again"),
            Err(panic) => {
                let why = said(&*panic);
                error!(worker = name, why, "a worker broke off and is begun again");
            }
        }
        metrics.worker_replaced(name);
        if since.elapsed() > BEGAN_WELL {
            pause = PAUSE_FIRST;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = pause.saturating_mul(2).min(PAUSE_MAX);
    }
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say why")
}
