//! Rebuilds and verifications as admins ask for them over HTTP.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::daftar::{Answer, Api, Reply, Ticket};

const POLL: Duration = Duration::from_millis(20);
/// How long the longest may take.
const WITHIN: Duration = Duration::from_mins(30);
/// When nothing more happens by itself: one that is ready waits for a decision.
const SETTLED: [&str; 4] = ["done", "failed", "cancelled", "ready"];

/// An admin, at some node.
#[derive(Debug, Clone)]
pub(super) struct Admin {
    pub(super) api: Api,
    pub(super) key: String,
}

impl Admin {
    pub(super) async fn rebuild_all(&self) -> String {
        begun(&self.post("/api/admin/projections/all/rebuild".to_owned()).await)
    }

    pub(super) async fn verify(&self) -> String {
        begun(&self.post("/api/admin/verify".to_owned()).await)
    }

    /// Tells the job to stop; one that is over already says so.
    pub(super) async fn cancel(&self, job: &str) {
        let reply = self.post(format!("/api/admin/jobs/{job}/cancel")).await;
        let is_over = reply.status == 409 && reply.json()["code"] == "job-over";
        assert!(reply.is_accepted() || is_over, "{}", reply.body);
    }

    async fn post(&self, path: String) -> Reply {
        let idempotency_key = format!("{:032x}", rand::random::<u128>());
        let ticket = Ticket { idempotency_key, bearer: self.key.clone(), path, body: json!({}) };
        self.api.command(&ticket).await
    }

    /// The job once nothing more happens to it. While nobody answers it is asked again.
    pub(super) async fn ended(&self, job: &str) -> Value {
        let begun = Instant::now();
        let path = format!("/api/admin/jobs/{job}");
        loop {
            let last = match self.api.try_get(&self.key, &path).await {
                Answer::Decided(reply) => {
                    assert!(reply.is_accepted(), "{}", reply.body);
                    let said = reply.json()["job"].take();
                    if SETTLED.iter().any(|state| said["state"] == **state) {
                        return said;
                    }
                    reply.body
                }
                other @ (Answer::Unavailable(_) | Answer::Nothing(_) | Answer::Refused(_)) => {
                    format!("{other:?}")
                }
            };
            assert!(begun.elapsed() < WITHIN, "the job does not end: {last}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// The same of one that does what it was asked for.
    pub(super) async fn done(&self, job: &str) -> Value {
        let said = self.ended(job).await;
        assert_eq!(said["state"], "done", "{said:#}");
        said
    }
}

/// The id of a job that was taken on.
fn begun(reply: &Reply) -> String {
    assert_eq!(reply.status, 202, "{}", reply.body);
    reply.json()["job"]["id"].as_str().expect("a job has an id").to_owned()
}

/// The unfinished jobs of a book.
pub(super) async fn unfinished(conn: &mut PgConnection, book: i32) -> Vec<String> {
    sqlx::query_scalar(
        "select job_id::text from jobs where book_id = $1 and ended_at is null order by asked_at",
    )
    .bind(book)
    .fetch_all(conn)
    .await
    .expect("the jobs can be read")
}

/// Lets the time pass after which nobody waits any more for whoever worked at a job and has died.
pub(super) async fn let_claims_run_out(conn: &mut PgConnection, book: i32) {
    sqlx::query(
        "update jobs set claimed_until = now() - interval '1 second'
          where book_id = $1 and state = 'running'",
    )
    .bind(book)
    .execute(conn)
    .await
    .expect("the superuser may");
}
