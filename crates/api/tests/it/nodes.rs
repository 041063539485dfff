//! Further nodes beside the tests' own: on the same book or another, and at another time.

use api::{App, Secrets};
use chrono::TimeDelta;
use eventstore::BookId;
use ledger::database::Database as Store;
use ledger::{Clock, Ledger};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::service::{Answer, Service};

/// A node that was started on the tests' database.
pub(crate) struct Node {
    pub(crate) ledger: Ledger,
    pub(crate) url: String,
    http: reqwest::Client,
}

impl Node {
    /// Opens the book on a clock that is ahead of the others' by so much.
    pub(crate) async fn start(service: &Service, book: BookId, ahead: TimeDelta) -> Self {
        let store = Store::at(&service.database.url(), None).unwrap();
        let system = Clock::system();
        let clock = Clock::from_fn(move || system.now() + ahead);
        let ledger = store.open(book, clock).await.unwrap();
        let secrets = Secrets::new([7; 32], [8; 32], service.vault.clone());
        let app = App::new(ledger.clone(), secrets);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tasks = TaskTracker::new();
        tasks.spawn(async move { axum::serve(listener, api::router(app)).await.unwrap() });
        Self { ledger, url, http: reqwest::Client::new() }
    }

    pub(crate) async fn post(&self, bearer: &str, key: &str, path: &str, body: &Value) -> Answer {
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(bearer)
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(body.to_string());
        Answer::read(request.send().await.unwrap()).await
    }
}
