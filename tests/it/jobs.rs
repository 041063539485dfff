//! `daftar rebuild`, `verify` and `jobs` as people and scripts run them: what they print, how they
//! end, and what becomes of one that is stopped or killed.

use std::io::Read as _;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::daftar::{Api, Installation, Service, Ticket};

const CUSTOMER: &str = "customer-1";
/// Slow machines that build something else meanwhile.
const WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// A book with a wallet and an order in it, still served by a node that leaves jobs, and what is changed
/// behind its back, to others.
async fn book(name: &str) -> (Installation, Service) {
    let installation = Installation::new(name);
    let service = Service::start(installation.daftar(&["serve", "--no-jobs", "--no-scrubber"]));
    let api = Api::new(service.base());
    let (client, finance) =
        (installation.key("client", "storefront"), installation.key("finance", "zahra"));
    for ticket in [
        Ticket::top_up(&finance, CUSTOMER, 900),
        Ticket::place(&client, "order".to_owned(), CUSTOMER, 250),
    ] {
        let reply = api.command(&ticket).await;
        assert!(reply.is_accepted(), "{}", reply.body);
    }
    (installation, service)
}

async fn sql(conn: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(conn).await.expect("it is SQL");
}

/// Changes what readers see behind everybody's back.
async fn tamper(conn: &mut PgConnection) {
    sql(conn, "set role daftar_writer; update wallet_balances set balance = 999; reset role").await;
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn json(output: &Output) -> Value {
    let (_, stdout, stderr) = said(output);
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}\n{stderr}"))
}

#[tokio::test]
async fn a_rebuild_and_a_verification_say_what_came_of_them_and_end_accordingly() {
    let (installation, _service) = book("jobs").await;
    let done = installation.json(&["rebuild", "timeline", "payments"]);
    let views = done["views"].as_array().expect("a list");
    let names: Vec<&str> = views.iter().filter_map(|view| view["name"].as_str()).collect();
    assert_eq!(names, ["payments", "timeline"]);
    assert_eq!((&done["state"], &views[0]["generation"]), (&"done".into(), &2.into()), "{done:#}");
    assert!(done["writers_waited_ms"].is_u64() && done["swept"].is_u64(), "{done:#}");
    let (code, stdout, stderr) = said(&installation.try_run(&["rebuild"]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("wallet_balances") && stdout.contains("writers waited"), "{stdout}");

    let (code, stdout, _) = said(&installation.try_run(&["verify"]));
    assert_eq!(code, Some(0), "{stdout}");
    assert!(stdout.contains("no difference"), "{stdout}");
    let (code, _, stderr) = said(&installation.try_run(&["verify", "--since", "1000000"]));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("position 1000000"), "{stderr}");
    assert_eq!(installation.json(&["verify", "--since", "1"])["since"], 1);

    let (code, _, stderr) = said(&installation.try_run(&["rebuild", "orders"]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("there is no view orders") && stderr.contains("timeline"), "{stderr}");
    assert_eq!(said(&installation.try_run(&["verify", "--since", "-1"])).0, Some(2));
    let (code, _, stderr) = said(&installation.try_run(&["rebuild", "--free-space", "1"]));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--free-space"), "{stderr}");

    let listed = installation.json(&["jobs"]);
    let listed = listed["jobs"].as_array().expect("a list");
    assert_eq!(listed.len(), 5, "what was refused was never asked for");
    assert_eq!((&listed[0]["state"], &listed[1]["state"]), (&"done".into(), &"failed".into()));
    let failed = installation.json(&["jobs", "list", "--state", "failed"]);
    assert_eq!(failed["jobs"][0]["failure"]["code"], "position-not-found");
    let (code, _, stderr) =
        said(&installation.try_run(&["jobs", "show", "00000000-0000-0000-0000-000000000000"]));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("daftar jobs"), "{stderr}");
}

#[tokio::test]
async fn what_would_change_money_is_shown_and_waits_for_a_person() {
    let (installation, _service) = book("jobsmoney").await;
    let mut conn = installation.postgres().connect("daftar").await;
    tamper(&mut conn).await;
    assert!(!installation.verify().0, "verify notices");

    let shown = installation.try_run(&["rebuild", "wallet_balances", "--preview", "--json"]);
    assert_eq!(shown.status.code(), Some(1));
    let preview = json(&shown);
    assert_eq!((&preview["state"], &preview["changes_money"]), (&"ready".into(), &true.into()));
    let money = &preview["differences"]["views"][0]["money"][0];
    let sums = (money["before"].as_str(), money["after"].as_str());
    assert_eq!(
        (&money["column"], sums),
        (&"balance".into(), (Some("999"), Some("650"))),
        "{money}"
    );
    let job = preview["job"].as_str().expect("an id");

    // The same again waits for the same decision, and shows what to do.
    let (code, stdout, stderr) =
        said(&installation.try_run(&["rebuild", "wallet_balances", "--preview"]));
    assert_eq!(code, Some(1), "{stderr}");
    for part in [
        format!("daftar jobs switch {job} --accept-differences"),
        format!("daftar jobs cancel {job}"),
        "999".to_owned(),
        "650".to_owned(),
    ] {
        assert!(stdout.contains(&part), "{part} is not in:\n{stdout}");
    }
    let (code, _, stderr) = said(&installation.try_run(&["rebuild"]));
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&format!("daftar jobs switch {job}")), "{stderr}");

    let (code, _, stderr) = said(&installation.try_run(&["jobs", "switch", job]));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--accept-differences"), "{stderr}");
    installation.run(&["jobs", "switch", job, "--accept-differences", "--as", "rana"]);
    installation.assert_verified();
    assert_eq!(installation.json(&["jobs", "show", job])["decision"]["by"], "rana");

    // Given up, nothing is left of it.
    tamper(&mut conn).await;
    let waiting = json(&installation.try_run(&["rebuild", "wallet_balances", "--json"]));
    assert_eq!(waiting["state"], "ready", "{waiting}");
    installation.run(&["jobs", "cancel", waiting["job"].as_str().expect("an id")]);
    let generations: Vec<i32> =
        sqlx::query_scalar("select distinct generation from wallet_balances")
            .fetch_all(&mut conn)
            .await
            .expect("there are rows");
    assert_eq!(generations, [2]);
    installation.run(&["rebuild", "wallet_balances", "--accept-differences"]);
    installation.assert_verified();
}

/// A rebuild that cannot get to its end, since somebody holds the book's head.
struct Stuck {
    child: Child,
    holder: PgConnection,
}

impl Stuck {
    async fn begin(installation: &Installation, arguments: &[&str]) -> Self {
        let mut holder = installation.postgres().connect("daftar").await;
        sql(&mut holder, "begin; select from books for update").await;
        let mut command = installation.daftar(arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut stuck = Self { child: child.expect("the binary runs"), holder };
        let mut look = installation.postgres().connect("daftar").await;
        let begun = Instant::now();
        loop {
            let waiting: bool = sqlx::query_scalar(
                "select exists (select from pg_stat_activity
                   where application_name = 'daftar job' and wait_event_type = 'Lock')",
            )
            .fetch_one(&mut look)
            .await
            .expect("it can be asked");
            if waiting {
                return stuck;
            }
            assert!(begun.elapsed() < WITHIN, "it never gets to the head");
            assert_eq!(stuck.child.try_wait().expect("it runs"), None, "it ended early");
            tokio::time::sleep(POLL).await;
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end, and lets the head go.
    async fn end(mut self) -> (Option<i32>, String) {
        let mut stdout = String::new();
        let status = self.child.wait().expect("it ends");
        let pipe = self.child.stdout.as_mut().expect("it is piped");
        pipe.read_to_string(&mut stdout).expect("it is text");
        self.holder.close().await.expect("it is there");
        (status.code(), stdout)
    }
}

#[tokio::test]
async fn ctrl_c_stops_a_rebuild_and_says_how_it_goes_on() {
    let (installation, _service) = book("jobsint").await;
    let stuck = Stuck::begin(&installation, &["rebuild", "wallet_balances"]).await;
    stuck.signal(Signal::INT);
    let (code, stdout) = stuck.end().await;
    assert_eq!(code, Some(130), "{stdout}");
    let listed = installation.json(&["jobs"]);
    let job = &listed["jobs"][0];
    assert_eq!((&job["state"], &job["is_held"]), (&"waiting".into(), &false.into()), "{job:#}");
    let id = job["id"].as_str().expect("an id");
    for command in ["resume", "cancel"] {
        assert!(stdout.contains(&format!("daftar jobs {command} {id}")), "{stdout}");
    }

    let resumed = installation.json(&["jobs", "resume", id]);
    assert_eq!((&resumed["state"], &resumed["job"]), (&"done".into(), &id.into()), "{resumed:#}");
    installation.assert_verified();
}

#[tokio::test]
async fn a_killed_rebuild_is_gone_on_with_by_the_same_command_or_by_a_node() {
    let (installation, _service) = book("jobskill").await;
    let mut conn = installation.postgres().connect("daftar").await;
    let run_out = "update jobs set claimed_until = clock_timestamp() - interval '1 second'
        where ended_at is null";
    let stuck = Stuck::begin(&installation, &["rebuild"]).await;
    stuck.signal(Signal::KILL);
    stuck.end().await;
    let id = installation.json(&["jobs"])["jobs"][0]["id"].clone();
    let (_, stdout, _) = said(&installation.try_run(&["jobs"]));
    assert!(stdout.contains("running"), "{stdout}");
    sql(&mut conn, run_out).await;
    let done = installation.json(&["rebuild"]);
    assert_eq!((&done["state"], &done["job"]), (&"done".into(), &id), "{done:#}");

    // Nobody asks again: a node that serves takes it up.
    let stuck = Stuck::begin(&installation, &["rebuild", "timeline"]).await;
    stuck.signal(Signal::KILL);
    stuck.end().await;
    sql(&mut conn, run_out).await;
    let other = installation.serve();
    let begun = Instant::now();
    loop {
        let job = installation.json(&["jobs"])["jobs"][0].clone();
        if job["state"] == "done" {
            break;
        }
        assert!(begun.elapsed() < WITHIN, "nobody took it up: {job:#}");
        tokio::time::sleep(POLL).await;
    }
    let log = other.log();
    assert!(log.contains("a job begins") && log.contains("a job ends"), "{log}");
    installation.assert_verified();
}

#[tokio::test]
async fn a_journal_line_written_past_daftar_is_named_as_what_no_rebuild_mends() {
    let (installation, _service) = book("jobsline").await;
    let mut conn = installation.postgres().connect("daftar").await;
    let change = |by: &str| {
        format!(
            "set role daftar_writer;
             update journal_lines set amount = amount {by}
              where line = 1 and position = (select max(position) from journal_lines);
             reset role"
        )
    };
    sql(&mut conn, &change("+ 1")).await;
    let (code, stdout, _) = said(&installation.try_run(&["verify"]));
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("no rebuild changes them"), "{stdout}");
    assert!(!stdout.contains("daftar rebuild"), "it is mended by none: {stdout}");
    assert!(stdout.contains("Trial balance 1 IQD"), "{stdout}");

    let (code, _, stderr) = said(&installation.try_run(&["rebuild", "journal_lines"]));
    assert_eq!(code, Some(1), "{stderr}");
    for cause in ["fold was changed", "written past daftar", "daftar replay --view journal_lines"] {
        assert!(stderr.contains(cause), "{cause} is not in:\n{stderr}");
    }

    // Put back as the page for operators says.
    sql(&mut conn, &change("- 1")).await;
    installation.run(&["rebuild", "journal_lines"]);
    installation.assert_verified();
}

#[tokio::test]
async fn a_script_is_told_of_findings_and_a_nightly_verification_hides_none_from_the_metrics() {
    let (installation, _service) = book("jobsnightly").await;
    let mut conn = installation.postgres().connect("daftar").await;
    sql(&mut conn, "set role daftar_writer; delete from timeline; reset role").await;
    let (code, stdout, stderr) = said(&installation.try_run(&["verify", "--json"]));
    assert_eq!(code, Some(1), "{stdout}");
    let verified: Value = serde_json::from_str(&stdout).expect("stdout is one JSON object");
    let found = verified["findings"].as_array().expect("a list").len();
    let job = verified["job"].as_str().expect("an id");
    assert!(stderr.contains("found") && stderr.contains(job), "{stderr}");

    // Nothing has happened since, so that this looks at no stream.
    let end = verified["position"].to_string();
    installation.run(&["verify", "--since", &end]);
    let other = installation.serve();
    let api = Api::new(other.base());
    let begun = Instant::now();
    while api.counted("daftar_verification_timestamp_seconds").await == 0 {
        assert!(begun.elapsed() < WITHIN, "the node never looked");
        tokio::time::sleep(POLL).await;
    }
    let counted = api.counted("daftar_verification_findings").await;
    assert_eq!(usize::try_from(counted), Ok(found));
}

#[tokio::test]
async fn whoever_looks_at_a_job_later_sees_who_decided_and_what_was_accepted() {
    let (installation, _service) = book("jobslater").await;
    let mut conn = installation.postgres().connect("daftar").await;
    tamper(&mut conn).await;
    let waiting = json(&installation.try_run(&["rebuild", "wallet_balances", "--json"]));
    let job = waiting["job"].as_str().expect("an id");
    let (_, stdout, _) = said(&installation.try_run(&["jobs", "show", job]));
    assert!(stdout.contains("would be"), "{stdout}");
    installation.run(&["jobs", "switch", job, "--accept-differences", "--as", "rana"]);
    for command in [vec!["jobs", "show", job], vec!["jobs", "list"]] {
        let (_, stdout, _) = said(&installation.try_run(&command));
        assert!(stdout.contains("decided by rana, differences accepted"), "{stdout}");
    }
    let (_, stdout, _) = said(&installation.try_run(&["jobs", "show", job]));
    assert!(stdout.contains("before") && stdout.contains("after"), "{stdout}");
    assert!(stdout.contains("999") && stdout.contains("650"), "{stdout}");
    let (code, _, stderr) = said(&installation.try_run(&["jobs", "cancel", job]));
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&format!("daftar jobs show {job}")), "{stderr}");
}
