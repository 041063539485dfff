//! One attempt at a command: its idempotency key, what it insists on, and where it came from.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::StreamKey;
use domain::id::Code;
use ledger::principals::Credential;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::app::App;
use crate::extract::Search;
use crate::if_match::{self, IfMatch};
use crate::problem::Problem;
use crate::trace::Trace;

const KEY_LENGTH_MAX: usize = 255;

/// The headers and parameters that every command takes. Where money moves,
/// files are kept, or doing it twice adds up, the key is required.
#[derive(Debug)]
pub(crate) struct Attempt<const MOVES_MONEY: bool, P = DryRun> {
    key: Option<String>,
    pub(crate) if_match: Option<IfMatch>,
    pub(crate) dry_run: bool,
    /// It waits for another person's agreement instead of happening.
    pub(crate) propose: bool,
    pub(crate) parameters: P,
    pub(crate) trace: Trace,
}

/// The query parameters of a command: what they are besides is the route's own.
pub(crate) trait Parameters: DeserializeOwned {
    /// Whether the command can wait for another person's agreement.
    const PROPOSES: bool = false;

    /// Whether it can say what it would do, and is about something that has versions.
    const IS_COMMAND: bool = true;

    fn dry_run(&self) -> Option<bool>;

    fn propose(&self) -> Option<bool> {
        None
    }
}

/// No parameters but those that every command takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DryRun {
    dry_run: Option<bool>,
    propose: Option<bool>,
}

impl Parameters for DryRun {
    const PROPOSES: bool = true;

    fn dry_run(&self) -> Option<bool> {
        self.dry_run
    }

    fn propose(&self) -> Option<bool> {
        self.propose
    }
}

/// The same, where a second person's agreement means nothing: what only one's own department may do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DryRunOnly {
    dry_run: Option<bool>,
}

impl Parameters for DryRunOnly {
    fn dry_run(&self) -> Option<bool> {
        self.dry_run
    }
}

/// None at all: what is no command of the log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyOnly {}

impl Parameters for KeyOnly {
    const IS_COMMAND: bool = false;

    fn dry_run(&self) -> Option<bool> {
        None
    }
}

impl<const MOVES_MONEY: bool, P: Parameters> FromRequestParts<App> for Attempt<MOVES_MONEY, P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Search(parameters) = Search::<P>::from_request_parts(parts, app).await?;
        let dry_run = parameters.dry_run().unwrap_or(false);
        let propose = parameters.propose().unwrap_or(false);
        if dry_run && propose {
            // Each says by itself what would happen.
            return Err(Problem::new("invalid-query").fault("propose", "not-with-dry-run"));
        }
        let mut keys = parts.headers.get_all("idempotency-key").iter();
        let key = match (keys.next(), keys.next()) {
            (Some(value), None) => Some(read_key(value.to_str().ok())?),
            (None, _) => None,
            // Which of them counts, nobody can tell.
            (Some(_), Some(_)) => return Err(Problem::new("idempotency-key-invalid")),
        };
        if MOVES_MONEY && !dry_run && key.is_none() {
            return Err(Problem::new("idempotency-key-missing"));
        }
        let if_match = if_match::read(&parts.headers)?;
        if matches!(if_match, Some(IfMatch::Version(_))) && !P::IS_COMMAND {
            return Err(if_match::invalid("no-version"));
        }
        let trace = parts.extensions.get::<Trace>().cloned().unwrap_or_default();
        Ok(Self { key, if_match, dry_run, propose, parameters, trace })
    }
}

fn read_key(value: Option<&str>) -> Result<String, Problem> {
    value
        .filter(|text| !text.is_empty() && text.len() <= KEY_LENGTH_MAX)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '))
        .map(str::to_owned)
        .ok_or_else(|| Problem::new("idempotency-key-invalid"))
}

/// The id that a command has in its book, for this attempt and every retry of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommandName {
    pub(crate) id: Uuid,
    /// Nobody can ask under this id again.
    pub(crate) is_unrepeatable: bool,
}

impl<const MOVES_MONEY: bool> Attempt<MOVES_MONEY> {
    /// One that comes with a signature instead of a key, and has a name of its own.
    pub(crate) fn signed(trace: Trace) -> Self {
        let parameters = DryRun { dry_run: None, propose: None };
        Self { key: None, if_match: None, dry_run: false, propose: false, parameters, trace }
    }
}

impl<const MOVES_MONEY: bool, P> Attempt<MOVES_MONEY, P> {
    pub(crate) fn name(&self, app: &App, credential: &Credential) -> CommandName {
        match &self.key {
            Some(key) => {
                let name = format!("{}\u{1f}{key}", credential.principal);
                let id = Uuid::new_v5(&app.ledger.book_uuid(), name.as_bytes());
                CommandName { id, is_unrepeatable: false }
            }
            None => CommandName { id: app.sources.id(), is_unrepeatable: true },
        }
    }

    /// The version that the caller has seen and insists on.
    pub(crate) fn expected(&self, stream: StreamKey) -> Vec<(StreamKey, u64)> {
        match self.if_match {
            Some(IfMatch::Version(version)) => vec![(stream, version)],
            Some(IfMatch::Anything) | None => Vec::new(),
        }
    }

    /// Refuses an attempt that names no version.
    pub(crate) fn must_name_version(&self) -> Result<(), Problem> {
        match self.if_match {
            Some(IfMatch::Version(_)) => Ok(()),
            Some(IfMatch::Anything) | None => Err(Problem::new("if-match-required")),
        }
    }

    pub(crate) fn traceparent(&self) -> Option<Code> {
        Code::new(&self.trace.traceparent).ok()
    }
}

impl CommandName {
    /// The id of something that this command makes: the same again for a retry.
    pub(crate) fn derive(self, app: &App, what: &str) -> Uuid {
        if self.is_unrepeatable {
            app.sources.id()
        } else {
            Uuid::new_v5(&self.id, what.as_bytes())
        }
    }
}
