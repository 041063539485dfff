//! Who asks: always from the key, never from the body.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::actor::{Actor, ActorKind, Role};
use domain::id::Text;
use ledger::principals::{Credential, PrincipalKind, Token};

use crate::app::App;
use crate::min_position;
use crate::problem::Problem;
use crate::scope::{self, ANYTHING, Scope};

mod reason;

const SCHEME: &str = "Bearer ";

/// A caller whose role has one of these scopes.
#[derive(Debug, Clone)]
pub(crate) struct Caller<const SCOPE: Scope> {
    pub(crate) credential: Credential,
    pub(crate) on_behalf_of: Option<Text<64>>,
}

impl<const SCOPE: Scope> FromRequestParts<App> for Caller<SCOPE> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let credential = authenticate(parts, app).await?;
        tracing::Span::current().record("principal", credential.principal.as_str());
        app.let_principal(credential.principal.as_str(), parts.extensions.get())?;
        if SCOPE != ANYTHING && scope::of(credential.role) & SCOPE == 0 {
            let problem = Problem::new("forbidden").member("role", credential.role);
            return Err(problem.member("needs", scope::names(SCOPE)));
        }
        min_position::admit(parts, app).await?;
        let on_behalf_of = match parts.headers.get("on-behalf-of") {
            None => None,
            Some(value) => {
                // A person speaks for themselves.
                let text = value
                    .to_str()
                    .ok()
                    .filter(|_| credential.kind == PrincipalKind::Service)
                    .and_then(|text| Text::new(text).ok());
                let invalid =
                    || Problem::new("invalid-header").fault("On-Behalf-Of", "invalid-value");
                Some(text.ok_or_else(invalid)?)
            }
        };
        Ok(Self { credential, on_behalf_of })
    }
}

async fn authenticate(parts: &Parts, app: &App) -> Result<Credential, Problem> {
    let token = token(&parts.headers).ok_or_else(|| Problem::new("unauthenticated"))?;
    let found = app.ledger.find_by_key(&token).await.map_err(Problem::unreadable)?;
    found.ok_or_else(|| Problem::new("unauthenticated"))
}

/// The key that a request comes with, whatever it is worth.
pub(crate) fn token(headers: &HeaderMap) -> Option<Token> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix(SCHEME).and_then(Token::parse)
}

impl<const SCOPE: Scope> Caller<SCOPE> {
    /// The person behind the key, as an actor: where four eyes count, a service is its owner.
    pub(crate) fn person(&self) -> Result<Actor, Problem> {
        let person = self.credential.person().ok_or_else(|| {
            Problem::new("forbidden").detail("this needs a person, or a service that a person owns")
        })?;
        let actor = self.credential.actor(self.on_behalf_of.clone());
        Ok(Actor { kind: ActorKind::Person, id: person.clone(), ..actor })
    }

    /// Someone else's customer does not exist.
    pub(crate) fn must_see(&self, customer: &str) -> Result<(), Problem> {
        if self.credential.may_see(customer) { Ok(()) } else { Err(Problem::new("not-found")) }
    }

    /// For what may be about any customer.
    pub(crate) fn must_see_every_customer(&self, what: &str) -> Result<(), Problem> {
        if self.credential.customers.is_none() {
            return Ok(());
        }
        let detail = format!("a key that is limited to some customers sees no {what}");
        Err(Problem::new("forbidden").detail(detail))
    }

    /// Nobody can give a role that may do what they may not.
    pub(crate) fn must_hold(&self, role: Role) -> Result<(), Problem> {
        let own = self.credential.role;
        if scope::may_grant(scope::of(own), role) {
            return Ok(());
        }
        Err(Problem::new("forbidden").member("role", own))
    }
}
