//! What a route takes, read off its handler's signature, so that the description cannot forget it.

use axum::Extension;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;

use crate::app::App;
use crate::attempt::{Attempt, Parameters};
use crate::caller::Caller;
use crate::extract::{Json, Raw, Search, Segments};
use crate::limits::Place;
use crate::reader::Reader;
use crate::routes::StatementUpload;
use crate::scope::{self, Scope};
use crate::trace::Trace;
use crate::upload::Upload;
use domain::actor::Role;

/// Under which an operation carries it until the description is completed.
pub(super) const EXTENSION: &str = "x-daftar-takes";

/// What the extractors of a handler take, together.
#[expect(clippy::struct_excessive_bools, reason = "each says whether one extractor is there")]
#[derive(Debug, Default)]
pub(crate) struct Taken {
    scope: Option<Scope>,
    attempt: bool,
    command: bool,
    needs_key: bool,
    proposes: bool,
    path: bool,
    query: bool,
    body: bool,
    signed: bool,
}

/// One extractor.
#[diagnostic::on_unimplemented(
    message = "the API's description does not know what a route takes with `{Self}`",
    note = "implement `openapi::Takes` for it in openapi/takes.rs"
)]
pub(crate) trait Takes {
    fn note(taken: &mut Taken);
}

impl Takes for State<App> {
    fn note(_taken: &mut Taken) {}
}

impl Takes for Trace {
    fn note(_taken: &mut Taken) {}
}

/// The header to go on after, which its routes describe.
impl Takes for Reader {
    fn note(_taken: &mut Taken) {}
}

impl Takes for Extension<Trace> {
    fn note(_taken: &mut Taken) {}
}

impl Takes for Extension<Place> {
    fn note(_taken: &mut Taken) {}
}

/// Headers that a handler reads itself: a signature.
impl Takes for HeaderMap {
    fn note(taken: &mut Taken) {
        taken.signed = true;
    }
}

impl<const SCOPE: Scope> Takes for Caller<SCOPE> {
    fn note(taken: &mut Taken) {
        taken.scope = Some(SCOPE);
    }
}

impl<const MOVES_MONEY: bool, P: Parameters> Takes for Attempt<MOVES_MONEY, P> {
    fn note(taken: &mut Taken) {
        taken.attempt = true;
        taken.command = P::IS_COMMAND;
        taken.query = true;
        taken.needs_key = MOVES_MONEY;
        taken.proposes = P::PROPOSES;
    }
}

impl<const PARTS: usize> Takes for Segments<PARTS> {
    fn note(taken: &mut Taken) {
        taken.path = true;
    }
}

impl<T> Takes for Search<T> {
    fn note(taken: &mut Taken) {
        taken.query = true;
    }
}

impl<T> Takes for Json<T> {
    fn note(taken: &mut Taken) {
        taken.body = true;
    }
}

impl Takes for Raw {
    fn note(taken: &mut Taken) {
        taken.body = true;
    }
}

impl Takes for Upload {
    fn note(taken: &mut Taken) {
        taken.body = true;
    }
}

impl Takes for StatementUpload {
    fn note(taken: &mut Taken) {
        taken.body = true;
    }
}

/// The extractors of a handler, as axum's own trait lists them.
pub(crate) trait Signature {
    fn taken() -> Taken;
}

impl Signature for ((),) {
    fn taken() -> Taken {
        Taken::default()
    }
}

macro_rules! signatures {
    ($($extractor:ident),+) => {
        impl<Marker, $($extractor: Takes),+> Signature for (Marker, $($extractor,)+) {
            fn taken() -> Taken {
                let mut taken = Taken::default();
                $($extractor::note(&mut taken);)+
                taken
            }
        }
    };
}

signatures!(A);
signatures!(A, B);
signatures!(A, B, C);
signatures!(A, B, C, D);
signatures!(A, B, C, D, E);
signatures!(A, B, C, D, E, F);
signatures!(A, B, C, D, E, F, G);
signatures!(A, B, C, D, E, F, G, H);

/// What this handler takes, to be carried by its operation.
pub(crate) fn taken_by<H, T>(_handler: H) -> Extensions
where
    H: Handler<T, App>,
    T: Signature,
{
    Extensions::builder().add(EXTENSION, T::taken().json()).build()
}

impl Taken {
    fn json(&self) -> Value {
        let roles: Option<Vec<&str>> = self.scope.map(|scope| {
            let may = Role::ALL.into_iter().filter(|role| scope::of(*role) & scope != 0);
            may.map(Role::as_str).collect()
        });
        json!({
            "roles": roles,
            "attempt": self.attempt,
            "command": self.command,
            "needs_key": self.needs_key,
            "proposes": self.proposes,
            "path": self.path,
            "query": self.query,
            "body": self.body,
            "signed": self.signed,
        })
    }
}
