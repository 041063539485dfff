//! One attempt: a connection of its own to an address that was looked up once and checked.
//!
//! Between the check and the connection nothing asks a name server again, no proxy stands, and no
//! redirect is followed: a name that leads elsewhere a moment later leads nowhere.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::target::{AddressRefused, Allow, Target};

/// How many addresses of a name are tried.
const ADDRESSES_MAX: usize = 8;
/// How much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How much of it is kept, in characters.
const EXCERPT_MAX: usize = 1_024;
/// The longest text of an error.
const ERROR_MAX: usize = 300;
const AGENT: &str = concat!("daftar/", env!("CARGO_PKG_VERSION"));

type Answered = BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// Asks where a name leads.
#[derive(Clone)]
pub struct Resolver(Arc<dyn Fn(String, u16) -> Answered + Send + Sync>);

impl Resolver {
    /// The system's.
    pub fn system() -> Self {
        Self::from_fn(|host, port| {
            Box::pin(
                async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) },
            )
        })
    }

    /// One that answers whatever this says.
    pub fn from_fn(ask: impl Fn(String, u16) -> Answered + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Resolver")
    }
}

/// A message, ready to go.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) seconds: i64,
    pub(crate) signatures: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: String,
}

/// What came of an attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// None if there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    /// How long the receiver asks to be left alone.
    pub(crate) retry_after: Option<TimeDelta>,
    pub(crate) excerpt: Option<String>,
}

impl Outcome {
    pub(crate) fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.status == Some(StatusCode::GONE.as_u16())
    }

    pub(crate) fn failed(error: impl fmt::Display) -> Self {
        let error = error.to_string();
        let letters = error.chars().filter(|letter| !letter.is_control());
        Self { error: Some(letters.take(ERROR_MAX).collect()), ..Self::default() }
    }
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("address refused: {0}")]
    Refused(#[from] AddressRefused),
    #[error("name not found: {0}")]
    Unresolved(io::Error),
    #[error("name not found: it has no address")]
    NoAddress,
    #[error("not connected: {0}")]
    Connect(io::Error),
    #[error("no TLS: {0}")]
    Tls(io::Error),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("cannot be sent: {0}")]
    Request(#[from] hyper::http::Error),
}

/// Sends messages.
#[derive(Clone)]
pub(crate) struct Sender {
    allow: Allow,
    resolver: Resolver,
    timeout: Duration,
    tls: TlsConnector,
}

impl Sender {
    pub(crate) fn new(allow: Allow, resolver: Resolver, timeout: Duration) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows the protocol's versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { allow, resolver, timeout, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Sends a message once. `now` is for a `Retry-After` that names a time.
    pub(crate) async fn send(&self, url: &str, message: Message, now: DateTime<Utc>) -> Outcome {
        match tokio::time::timeout(self.timeout, self.try_send(url, message, now)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Outcome::failed(error),
            Err(_elapsed) => Outcome::failed("no answer in time"),
        }
    }

    async fn try_send(
        &self,
        url: &str,
        message: Message,
        now: DateTime<Utc>,
    ) -> Result<Outcome, SendError> {
        // Checked anew: the service may have been told since to allow less.
        let target = Target::parse(url, self.allow)?;
        let addresses = self.addresses(&target).await?;
        let stream = connect(&addresses).await.map_err(SendError::Connect)?;
        let request = request(&target, message)?;
        if target.is_https() {
            let name = ServerName::try_from(target.host())
                .map_err(|error| SendError::Tls(io::Error::other(error)))?;
            let stream = self.tls.connect(name, stream).await.map_err(SendError::Tls)?;
            exchange(stream, request, now).await
        } else {
            exchange(stream, request, now).await
        }
    }

    /// Where the host leads, asked once. One address that is refused refuses them all: whoever
    /// mixes them has no good in mind.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, SendError> {
        let mut addresses = match target.literal() {
            Some(address) => vec![SocketAddr::new(address, target.port())],
            None => (self.resolver.0)(target.host(), target.port())
                .await
                .map_err(SendError::Unresolved)?,
        };
        if addresses.is_empty() {
            return Err(SendError::NoAddress);
        }
        if !addresses.iter().all(|address| self.allow.admits(address.ip())) {
            return Err(AddressRefused::Private.into());
        }
        addresses.truncate(ADDRESSES_MAX);
        Ok(addresses)
    }
}

/// The first that answers, and no other than these.
async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut failed = io::Error::other("there is no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn request(target: &Target, message: Message) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let mut builder = Request::post(target.path_and_query())
        .header(HOST, target.authority())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.seconds)
        .header("webhook-signature", message.signatures);
    if let Some(traceparent) = message.traceparent {
        builder = builder.header("traceparent", traceparent);
    }
    builder.body(Full::new(Bytes::from(message.body)))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    now: DateTime<Utc>,
) -> Result<Outcome, SendError> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let answered = async {
        let response = sender.send_request(request).await?;
        Ok::<_, SendError>(read(response, now).await)
    };
    tokio::pin!(connection);
    tokio::pin!(answered);
    // The connection moves only while somebody waits for it; it goes with this attempt.
    tokio::select! {
        outcome = &mut answered => outcome,
        closed = &mut connection => match (answered.await, closed) {
            (Err(_), Err(why)) => Err(why.into()),
            (outcome, _) => outcome,
        }
    }
}

async fn read(response: Response<Incoming>, now: DateTime<Utc>) -> Outcome {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|text| read_retry_after(text, now));
    let excerpt = excerpt(response.into_body()).await;
    let error = (!status.is_success()).then(|| match status.as_u16() {
        300..400 => format!("answered {status}: redirects are not followed"),
        _ => format!("answered {status}"),
    });
    Outcome { status: Some(status.as_u16()), error, retry_after, excerpt }
}

/// In seconds, or as a time.
fn read_retry_after(text: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    if let Ok(seconds) = text.parse::<u32>() {
        return TimeDelta::try_seconds(seconds.into());
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?;
    Some(at.with_timezone(&Utc).signed_duration_since(now).max(TimeDelta::zero()))
}

/// How the answer begins. The status is what counts: an answer that breaks off, or is too long, has
/// none of it kept.
async fn excerpt(body: Incoming) -> Option<String> {
    let read = tokio::time::timeout(EXCERPT_TIME, Limited::new(body, ANSWER_BYTES_MAX).collect());
    let bytes = read.await.ok()?.ok()?.to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    let letters = text.chars().filter(|letter| !letter.is_control() || *letter == '\n');
    let excerpt: String = letters.take(EXCERPT_MAX).collect();
    (!excerpt.is_empty()).then_some(excerpt)
}

/// How long the rest of an answer is waited for once its status is known.
const EXCERPT_TIME: Duration = Duration::from_secs(2);
