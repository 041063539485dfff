//! A file that a customer shows: checked as it comes in, kept encrypted beside the log, given back.

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::{HeaderMap, Request, header};
use axum::response::{IntoResponse, Response};
use domain::StreamKey;
use domain::id::{Code, CustomerId, PersonalDataId};
use domain::money::Currency;
use domain::order::PersonalRef;
use ledger::personal::NewPersonal;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::attempt::{CommandName, Parameters};
use crate::extract::collect;
use crate::personal;
use crate::problem::Problem;
use crate::wire::money::Amount;

/// What a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileType {
    Pdf,
    Jpeg,
    Png,
}

impl FileType {
    const ALL: [Self; 3] = [Self::Pdf, Self::Jpeg, Self::Png];

    const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// What every file of the type begins with.
    const fn magic(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    fn said(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let text = text.split(';').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|kind| text.eq_ignore_ascii_case(kind.media_type()))
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| bytes.starts_with(kind.magic()))
    }
}

/// What the customer says a file shows. The body is the file, so this stands in the query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    claimed: Option<String>,
    currency: Option<String>,
    dry_run: Option<bool>,
}

impl Parameters for Claim {
    fn dry_run(&self) -> Option<bool> {
        self.dry_run
    }
}

impl Claim {
    pub(crate) fn amount(&self) -> Result<Option<Amount>, Problem> {
        let invalid = |name: &str, code| Problem::new("invalid-query").fault(name, code);
        match (&self.claimed, &self.currency) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(invalid("claimed", "missing-field")),
            (Some(_), None) => Err(invalid("currency", "missing-field")),
            (Some(claimed), Some(currency)) => {
                let amount = json!({ "amount": claimed, "currency": currency });
                serde_json::from_value(amount)
                    .map(Some)
                    .map_err(|cause| invalid("claimed", "invalid-value").detail(cause))
            }
        }
    }

    /// The same for a wallet: the currency says which one, whatever is claimed.
    pub(crate) fn for_wallet(&self) -> Result<(Currency, Option<Amount>), Problem> {
        let invalid = |code| Problem::new("invalid-query").fault("currency", code);
        let code = self.currency.as_deref().ok_or_else(|| invalid("missing-field"))?;
        let currency = Currency::from_code(code).ok_or_else(|| invalid("unknown-value"))?;
        let claimed = if self.claimed.is_some() { self.amount()? } else { None };
        Ok((currency, claimed))
    }
}

/// A file as the whole body of a request.
pub(crate) struct Upload {
    bytes: Vec<u8>,
    hash: Code,
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = collect(body, app.limits.file_max).await?;
        if bytes.is_empty() {
            return Err(Problem::new("invalid-body").fault("", "empty"));
        }
        let said = FileType::said(&parts.headers);
        if said.is_none() || said != FileType::of(&bytes) {
            let taken = FileType::ALL.map(FileType::media_type);
            return Err(Problem::new("file-type").member("allowed", taken));
        }
        let hash = Code::new(hex::encode(Sha256::digest(&bytes))).map_err(Problem::unreadable)?;
        Ok(Self { bytes, hash })
    }
}

impl Upload {
    /// The file's SHA-256, in hex.
    pub(crate) fn hash(&self) -> &Code {
        &self.hash
    }

    /// Keeps the file under an id of the command's own, so that a retry keeps it once, before the
    /// append of the event that will name it: what no event names is swept.
    pub(crate) async fn store(
        &self,
        app: &App,
        name: CommandName,
        customer: &CustomerId,
        stream: StreamKey,
    ) -> Result<PersonalRef, Problem> {
        let new = NewPersonal {
            id: PersonalDataId::new(name.derive(app, "receipt file")),
            customer,
            stream,
            kind: "receipt_file",
            content: &self.bytes,
        };
        personal::store(app, &new).await
    }
}

/// A kept file as a reply. Its name says nothing of whoever showed it.
pub(crate) async fn give_back(app: &App, id: PersonalDataId) -> Result<Response, Problem> {
    let bytes = personal::read(app, id).await?;
    // The upload let in nothing else.
    let kind = FileType::of(&bytes).ok_or_else(|| Problem::new("internal"))?;
    let disposition = format!("attachment; filename=\"receipt.{}\"", kind.extension());
    let headers = [
        (header::CONTENT_TYPE, kind.media_type()),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
    ];
    Ok((headers, bytes).into_response())
}
