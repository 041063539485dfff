//! The viewer of the API's description: Swagger UI, kept here, so that it needs no network.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::routing::get;

use crate::app::App;

/// What the page may load: what this service serves, and nothing else.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

type File = ([(HeaderName, &'static str); 3], &'static str);

fn file(media_type: &'static str, text: &'static str) -> File {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}

pub(crate) fn routes() -> Router<App> {
    let script = "text/javascript; charset=utf-8";
    Router::new()
        .route(
            "/api/docs",
            get(|| async { file("text/html; charset=utf-8", include_str!("viewer/index.html")) }),
        )
        .route(
            "/api/docs/start.js",
            get(move || async move { file(script, include_str!("viewer/start.js")) }),
        )
        .route(
            "/api/docs/swagger-ui-bundle.js",
            get(move || async move { file(script, include_str!("viewer/swagger-ui-bundle.js")) }),
        )
        .route(
            "/api/docs/swagger-ui.css",
            get(|| async {
                file("text/css; charset=utf-8", include_str!("viewer/swagger-ui.css"))
            }),
        )
}
