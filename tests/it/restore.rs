//! The restore drill: what the page for operators says is done, and what comes out of it is looked at.

mod page;

use std::time::{Duration, Instant};

use reqwest::{Client, Response};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::daftar::{Api, Installation};
use crate::load::{Sent, assert_log, assert_remembered, position, settle};
use crate::outages::Trial;
use crate::outages::cluster::Cluster;

use page::Page;

/// How many commands come before the base backup, after it, and after the moment.
const COMMANDS: u64 = 100;
const LOST: usize = 12;
/// The moment lies so far from what came before and after it.
const APART: Duration = Duration::from_millis(50);
const ARCHIVED_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const DIVERGED: (u16, &str) = (409, "cursor-diverged");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_is_restored_to_a_moment_as_the_page_for_operators_says() {
    let mut page = Page::read();
    let mut cluster = Cluster::start("backed-up", &[]).await;
    page.set("DATABASE_URL", cluster.url());
    page.set("ARCHIVE", cluster.folder("archive").display());
    page.set("BACKUPS", cluster.folder("backups").display());
    page.play("Keep everything");
    cluster.stop();
    cluster.up().await;

    let installation = Installation::at("restore", cluster.url());
    let service = installation.serve();
    let mut log = cluster.connect().await;
    let mut trial = Trial::open(installation, service, &mut log).await;
    let auditor = trial.installation.key("auditor", "ali");
    let load = trial.load();
    load.answers(COMMANDS).await;
    page.play("Take a base backup");
    load.answers(COMMANDS).await;
    let before = trial.rest(load, &mut log).await;
    let end = position(&mut log).await;

    tokio::time::sleep(APART).await;
    let moment: String = sqlx::query_scalar("select clock_timestamp()::text")
        .fetch_one(&mut log)
        .await
        .expect("the server tells the time");
    page.set("MOMENT", moment);
    tokio::time::sleep(APART).await;
    let lost = trial.order(LOST).await;
    let lost_end = position(&mut log).await;
    let reader = Reader { base: trial.service.base(), bearer: auditor };
    let (seen_before, seen) = (reader.cursor(end).await, reader.cursor(lost_end).await);
    archive(&mut log).await;
    drop(log);
    cluster.vanish();
    let Trial { mut installation, service, shop, begun, .. } = trial;
    drop(service);

    let mut restored = Cluster::place("restored", &[]);
    page.set("RESTORED", restored.data().display());
    page.set("RESTORED_URL", restored.url());
    page.play_block("Restore to a moment", 0);
    restored.up().await;
    page.take_secret_of(&installation);
    page.play_block("Restore to a moment", 1);
    let mut log = restored.connect().await;
    assert_eq!(position(&mut log).await, end, "the moment lies right after what is there");
    assert_log(&mut log, begun, &before).await;

    installation.move_to(restored.url());
    let service = installation.serve();
    let api = Api::new(service.base());
    let reader = Reader { base: service.base(), ..reader };
    reader.goes_on_from(&seen_before).await;
    reader.is_told_of(DIVERGED, &seen).await;
    assert_remembered(&api, &before).await;
    // Asked again under their own keys, the other way round: another history.
    let mut again: Vec<Sent> = lost.iter().rev().map(Sent::unanswered).collect();
    settle(&api, &mut again).await;
    for (one, lost) in again.iter().rev().zip(&lost) {
        let (now, then) = (one.reply.as_ref(), lost.reply.as_ref());
        let is_first = |one: &crate::daftar::Reply| one.is_accepted() && !one.is_replayed;
        assert!(now.is_some_and(is_first) && then.is_some_and(is_first), "{now:?} {then:?}");
    }
    reader.is_told_of(DIVERGED, &seen).await;
    let sent: Vec<Sent> = before.into_iter().chain(again).collect();
    assert_log(&mut log, begun, &sent).await;
    shop.assert_balances(&api, &sent).await;
    installation.assert_verified();

    // A dump of the data alone goes nowhere.
    let other = format!("{}_other", restored.url());
    sqlx::raw_sql("create database daftar_other").execute(&mut log).await.expect("it is new");
    let migrated = installation.daftar(&["migrate"]).env("DATABASE_URL", &other).status();
    assert!(migrated.is_ok_and(|status| status.success()), "it is migrated");
    page.set("DATABASE_URL", restored.url());
    page.set("OTHER_URL", other);
    let refused = page.fail("A dump is no backup");
    assert!(refused.contains("is written by its functions only"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_postgres_is_put_back_as_the_page_for_operators_says() {
    let mut page = Page::read();
    let installation = Installation::new("putback");
    let service = installation.serve();
    let postgres = installation.postgres();
    let mut log = postgres.connect("daftar").await;
    // A place that Postgres' user may write.
    let backups = Cluster::place("putback", &[]);
    page.set("BACKUPS", backups.folder("backups").display());
    page.set("DAFTAR_DATA", installation.data().display());
    page.set("CLUSTER", postgres.cluster().display());
    let mut trial = Trial::open(installation, service, &mut log).await;
    let kept = trial.order(LOST).await;
    page.play_block("The private Postgres", 0);
    let end = position(&mut log).await;
    let lost = trial.order(LOST).await;
    drop(log);
    let Trial { installation, mut service, shop, begun, .. } = trial;
    service.signal(rustix::process::Signal::TERM);
    assert!(service.ended().success(), "{}", service.log());
    assert!(!installation.runs_postgres(), "the last one out stops it");

    page.take_secret_of(&installation);
    page.play_block("The private Postgres", 1);
    let service = installation.serve();
    let api = Api::new(service.base());
    let mut log = installation.postgres().connect("daftar").await;
    assert_eq!(position(&mut log).await, end);
    assert_remembered(&api, &kept).await;
    let mut again: Vec<Sent> = lost.iter().map(Sent::unanswered).collect();
    settle(&api, &mut again).await;
    let sent: Vec<Sent> = kept.into_iter().chain(again).collect();
    assert_log(&mut log, begun, &sent).await;
    shop.assert_balances(&api, &sent).await;
    installation.assert_verified();
}

/// Whoever follows the events, and asks for what they have seen.
struct Reader {
    base: String,
    bearer: String,
}

impl Reader {
    async fn ask(&self, path: &str, seen: Option<&str>) -> Response {
        let http = Client::builder().no_proxy().build().expect("a client needs nothing");
        let request = http.get(format!("{}{path}", self.base)).bearer_auth(&self.bearer);
        let request = seen.iter().fold(request, |request, &id| request.header("Last-Event-ID", id));
        request.send().await.expect("the service answers")
    }

    /// The cursor of a position, as the feed hands it out.
    async fn cursor(&self, position: i64) -> String {
        let before = position - 1;
        let page = self.json(&format!("/api/events?after={before}&limit=1")).await;
        page["cursor"].as_str().expect("a page has a cursor").to_owned()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.ask(path, None).await;
        let (status, text) = (response.status(), response.text().await.expect("it is whole"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("it is JSON")
    }

    /// What was seen is of this history.
    async fn goes_on_from(&self, seen: &str) {
        self.json(&format!("/api/events?after={seen}")).await;
        let stream = self.ask("/api/events/stream", Some(seen)).await;
        assert!(stream.status().is_success());
    }

    /// What was seen is not of this history, and each way of reading says so.
    async fn is_told_of(&self, (status, code): (u16, &str), seen: &str) {
        let paths = [
            format!("/api/events?after={seen}"),
            format!("/api/audit/trial-balance?min_position={seen}"),
        ];
        let asked = paths.iter().map(|path| (path.as_str(), None));
        for (path, id) in asked.chain([("/api/events/stream", Some(seen))]) {
            let response = self.ask(path, id).await;
            assert_eq!(response.status().as_u16(), status, "{path}");
            let text = response.text().await.expect("it is whole");
            assert!(text.contains(code), "{path}: {text}");
        }
    }
}

/// Everything that was committed is in the archive.
async fn archive(conn: &mut PgConnection) {
    let segment: String = sqlx::query_scalar("select pg_walfile_name(pg_switch_wal())")
        .fetch_one(&mut *conn)
        .await
        .expect("it is a superuser");
    let since = Instant::now();
    let is_there =
        format!("select coalesce(last_archived_wal >= '{segment}', false) from pg_stat_archiver");
    loop {
        let is_there: bool = sqlx::query_scalar(AssertSqlSafe(is_there.clone()))
            .fetch_one(&mut *conn)
            .await
            .expect("the server can be asked");
        if is_there {
            return;
        }
        assert!(since.elapsed() < ARCHIVED_WITHIN, "{segment} is not archived");
        tokio::time::sleep(POLL).await;
    }
}
