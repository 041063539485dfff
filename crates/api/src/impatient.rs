//! A connection that is given up once its peer takes nothing of what is sent to it.
//!
//! A reply waits for its reader for as long as the reader likes, and an endless one holds its place
//! meanwhile. Here a write that cannot go on for too long is an error, and the connection closes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How long the last words of a node that stops wait for whoever reads them.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// The connection.
pub struct Impatient<T> {
    inner: T,
    patience: Duration,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    is_closing: bool,
    /// Runs while something waits to be written.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<T> std::fmt::Debug for Impatient<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Impatient")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl<T> Impatient<T> {
    /// With so much patience, and with less once the node closes.
    pub fn new(inner: T, patience: Duration, closing: CancellationToken) -> Self {
        let closing = Box::pin(closing.cancelled_owned());
        Self { inner, patience, closing, is_closing: false, waiting: None }
    }

    /// What came of writing; too long without any progress is an error.
    fn judge<R>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        if !self.is_closing && self.closing.as_mut().poll(cx).is_ready() {
            self.is_closing = true;
            let last = Instant::now() + LAST_PATIENCE;
            if waiting.deadline() > last {
                waiting.as_mut().reset(last);
            }
            self.patience = self.patience.min(LAST_PATIENCE);
        }
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Impatient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Impatient<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.judge(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up_and_one_that_takes_a_little_is_not() {
        let (inner, mut peer) = tokio::io::duplex(10);
        let mut connection = Impatient::new(inner, PATIENCE, CancellationToken::new());
        let reading = async {
            // Twice as long as the patience in all.
            for _ in 0..8 {
                tokio::time::sleep(PATIENCE / 4).await;
                peer.read_exact(&mut [0; 10]).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(connection.write_all(&[1; 90]), reading);
        written.unwrap();
        let error = connection.write_all(&[1; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_node_that_stops_waits_less() {
        let (inner, _peer) = tokio::io::duplex(10);
        let closing = CancellationToken::new();
        let mut connection = Impatient::new(inner, Duration::from_mins(10), closing.clone());
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            closing.cancel();
        };
        let (written, ()) = tokio::join!(connection.write_all(&[1; 11]), stopping);
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
