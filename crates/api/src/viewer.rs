//! The viewer of the API's description: Swagger UI, kept here, so that it needs no network.

use axum::http::{HeaderName, header};
use axum::routing::{MethodRouter, get};

use crate::app::App;

/// What the page may load: what this service serves, and nothing else.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

type File = ([(HeaderName, &'static str); 3], &'static str);

fn file(media_type: &'static str, text: &'static str) -> File {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}

fn served(media_type: &'static str, text: &'static str) -> MethodRouter<App> {
    get(move || async move { file(media_type, text) })
}

pub(crate) fn page() -> MethodRouter<App> {
    served("text/html; charset=utf-8", include_str!("viewer/index.html"))
}

pub(crate) fn start() -> MethodRouter<App> {
    served(SCRIPT, include_str!("viewer/start.js"))
}

pub(crate) fn bundle() -> MethodRouter<App> {
    served(SCRIPT, include_str!("viewer/swagger-ui-bundle.js"))
}

pub(crate) fn style() -> MethodRouter<App> {
    served("text/css; charset=utf-8", include_str!("viewer/swagger-ui.css"))
}
