//! Takes connections and lets go of them: bounded in number and in patience, and emptied before
//! the process ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::{App, Impatient, Lifecycle, Metrics};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use tracing::{debug, warn};

/// The longest header of a request, in bytes.
const HEADER_MAX: usize = 32 * 1024;
/// What is read of a request ahead of whoever handles it, in bytes.
const BUFFER_MAX: usize = 64 * 1024;
/// How many of those that are too many are told so; the others are just closed.
const TOLD_MAX: usize = 64;
/// After an error of the listener: too many open files, mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long connections that were kept get to send what was on its way when the end began: it is
/// answered, and the answer tells them to close.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connections {
    /// How many may be open at once.
    pub(crate) max: usize,
    /// How long a connection may be silent, or take to send a header.
    pub(crate) header_within: Duration,
}

/// Everything that a connection is served with.
pub(crate) struct Server {
    router: Router,
    /// What those get that are too many.
    overloaded: Router,
    metrics: Metrics,
    lifecycle: Lifecycle,
    /// How long a client may take nothing of its reply.
    patience: Duration,
    permits: Arc<Semaphore>,
    told: Arc<Semaphore>,
    http: http1::Builder,
    graceful: GracefulShutdown,
    tasks: TaskTracker,
}

impl Server {
    pub(crate) fn new(app: &App, connections: Connections) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(connections.header_within)
            .max_header_size(HEADER_MAX)
            .max_buf_size(BUFFER_MAX);
        Self {
            router: api::router(app.clone()),
            overloaded: api::overloaded(app.clone()),
            metrics: app.metrics.clone(),
            lifecycle: app.lifecycle.clone(),
            patience: app.limits.reader_patience,
            permits: Arc::new(Semaphore::new(connections.max)),
            told: Arc::new(Semaphore::new(TOLD_MAX)),
            http,
            graceful: GracefulShutdown::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Serves until the node closes; returns once every connection is done.
    pub(crate) async fn run(self, listener: TcpListener) {
        let closing = self.lifecycle.closing();
        loop {
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.take(stream, peer),
                    Err(error) => {
                        warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        // The kernel has said yes to these already: whoever they are, they have sent a request.
        while let Ok(Ok((stream, peer))) =
            tokio::time::timeout(Duration::ZERO, listener.accept()).await
        {
            self.take(stream, peer);
        }
        drop(listener);
        tokio::time::sleep(LAST_WORDS).await;
        self.graceful.shutdown().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr) {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            self.serve(&self.http, &self.router, stream, peer, permit);
            return;
        }
        self.metrics.shed("connections");
        if let Ok(permit) = Arc::clone(&self.told).try_acquire_owned() {
            let mut http = self.http.clone();
            http.keep_alive(false);
            self.serve(&http, &self.overloaded, stream, peer, permit);
        }
    }

    fn serve(
        &self,
        http: &http1::Builder,
        router: &Router,
        stream: TcpStream,
        peer: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) {
        // Replies are small and whole; none waits for a second packet.
        stream.set_nodelay(true).ok();
        let (router, open) = (router.clone(), self.metrics.connection());
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let stream = Impatient::new(stream, self.patience, self.lifecycle.closing());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = self.graceful.watch(connection);
        self.tasks.spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "a connection broke");
            }
            drop((open, permit));
        });
    }
}
