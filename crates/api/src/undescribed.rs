//! Routes that the API's description leaves out.

use axum::http::header;
use axum::routing::{MethodRouter, get};

use crate::app::App;
use crate::openapi::document;
use crate::viewer;

/// A route that is served with `GET`, to anyone, and that the description does not describe.
#[derive(Debug)]
pub struct Undescribed {
    pub path: &'static str,
    pub reason: &'static str,
    pub(crate) serve: fn() -> MethodRouter<App>,
}

const VIEWER: &str = "it shows the description to people";

/// All of them: whatever else is served is described.
pub const UNDESCRIBED: &[Undescribed] = &[
    Undescribed {
        path: "/api/openapi.json",
        reason: "it is the description itself",
        serve: || {
            let document = document();
            get(move || async move { ([(header::CONTENT_TYPE, "application/json")], document) })
        },
    },
    Undescribed { path: "/api/docs", reason: VIEWER, serve: viewer::page },
    Undescribed { path: "/api/docs/start.js", reason: VIEWER, serve: viewer::start },
    Undescribed { path: "/api/docs/swagger-ui-bundle.js", reason: VIEWER, serve: viewer::bundle },
    Undescribed { path: "/api/docs/swagger-ui.css", reason: VIEWER, serve: viewer::style },
];
