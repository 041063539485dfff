//! `daftar alerts` and `daftar monitors` as people and scripts run them, beside a node that watches.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::daftar::{Api, Installation, Service, Ticket};

/// Slow machines that build something else meanwhile.
const WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Has a monitor's case in the tables, as if it had been seen: a monitor of no name looks at nothing, and
/// so leaves it as it is.
async fn open(conn: &mut PgConnection, number: i64, subject: &str, owner: &str) {
    let sql = format!(
        "set role daftar_app;
         insert into daftar.alert_heads values (1, {number})
           on conflict (book_id) do update set number = {number};
         insert into daftar.alerts (book_id, alert_id, monitor, subject, severity, owner, says, evidence,
           times_opened, opened_at, number)
         values (1, gen_random_uuid(), 'of-the-test', '{subject}', 'warning', '{owner}', '{subject} waits',
           '{{}}', 1, now(), {number});
         insert into daftar.alert_changes (book_id, number, alert_id, change, severity, owner, says, at)
         select 1, {number}, alert_id, 'opened', severity, owner, says, now()
         from daftar.alerts where subject = '{subject}';
         reset role"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.expect("it is SQL");
}

fn said(installation: &Installation, arguments: &[&str]) -> (Option<i32>, String) {
    let output = installation.try_run(arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn alerts_are_listed_shown_and_seen_to_on_the_command_line() {
    let installation = Installation::new("alerts");
    let _service = Service::start(installation.daftar(&["serve", "--no-monitors"]));
    installation.key("finance", "zahra");
    installation.key("warehouse", "karim");
    let mut conn = installation.postgres().connect("daftar").await;
    assert_eq!(installation.json(&["alerts"]), json!({ "alerts": [] }));
    open(&mut conn, 1, "order/1", "finance").await;
    open(&mut conn, 2, "order/2", "warehouse").await;

    let listed = installation.json(&["alerts", "list", "--owner", "finance", "--state", "opened"]);
    let listed = listed["alerts"].as_array().expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["subject"], &listed[0]["state"]), (&json!("order/1"), &json!("opened")));
    let id = listed[0]["id"].as_str().expect("an id");
    let table = installation.try_run(&["alerts"]);
    let table = String::from_utf8_lossy(&table.stdout);
    assert!(table.contains(id) && table.contains("order/2 waits"), "{table}");
    for wrong in [["--state", "gone"], ["--severity", "bad"], ["--owner", "client"]] {
        assert_eq!(said(&installation, &["alerts", "list", wrong[0], wrong[1]]).0, Some(2));
    }

    let (code, stderr) = said(&installation, &["alerts", "acknowledge", id, "--as", "karim"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("karim is warehouse") && stderr.contains("finance"), "{stderr}");
    let (code, stderr) = said(&installation, &["alerts", "acknowledge", id, "--as", "nobody"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("nobody is no person"), "{stderr}");
    let acknowledge = ["alerts", "acknowledge", id, "--as", "zahra", "--note", "T-12"];
    let seen_to = installation.json(&acknowledge);
    assert_eq!(
        (&seen_to["state"], &seen_to["acknowledged_by"]),
        (&json!("acknowledged"), &json!("zahra"))
    );
    let shown = installation.json(&["alerts", "show", id]);
    let steps: Vec<&Value> = shown["changes"].as_array().expect("a list").iter().collect();
    assert_eq!((&steps[0]["change"], &steps[0]["note"]), (&json!("acknowledged"), &json!("T-12")));
    assert_eq!((steps.len(), &steps[0]["number"]), (2, &json!(3)));
    let (code, stderr) = said(&installation, &["alerts", "show", NOBODY]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("daftar alerts list"), "{stderr}");
}

#[tokio::test]
async fn a_node_looks_with_every_monitor_and_what_happens_is_followed() {
    let installation = Installation::new("watch");
    let service = Service::start(installation.daftar(&["serve"]));
    let api = Api::new(service.base());
    let finance = installation.key("finance", "zahra");
    assert!(api.command(&Ticket::top_up(&finance, "customer-1", 900)).await.is_accepted());
    let until = Instant::now() + WITHIN;
    let monitors = loop {
        let monitors = installation.json(&["monitors"])["monitors"].clone();
        let mut all = monitors.as_array().expect("a list").iter();
        if all.all(|monitor| monitor["last_look"].is_object()) {
            break monitors;
        }
        assert!(Instant::now() < until, "not every monitor looks: {monitors:#}");
        tokio::time::sleep(POLL).await;
    };
    let monitors = monitors.as_array().expect("a list");
    for monitor in monitors {
        assert_eq!(monitor["last_look"]["failure"], Value::Null, "{monitor:#}");
    }
    let looked = api.counted("daftar_monitor_failing{monitor=\"law-broken\"}").await;
    assert_eq!(looked, 0);

    let mut conn = installation.postgres().connect("daftar").await;
    let last = "select coalesce(max(number), 0) from daftar.alert_heads";
    let last: i64 = sqlx::query_scalar(last).fetch_one(&mut conn).await.expect("it is SQL");
    let mut watching =
        installation.daftar(&["alerts", "watch", "--after", &last.to_string(), "--json"]);
    let mut watching = watching.stdout(Stdio::piped()).spawn().expect("it starts");
    open(&mut conn, last + 1, "order/1", "finance").await;
    let mut line = String::new();
    let stdout = watching.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).expect("it can be read");
    let told: Value = serde_json::from_str(&line).expect("one change a line");
    assert_eq!(
        (&told["change"], &told["subject"]),
        (&json!("opened"), &json!("order/1")),
        "{told}"
    );
    assert_eq!(told["number"], last + 1);
    watching.kill().expect("it runs");
    watching.wait().expect("it was ours");
    conn.close().await.expect("it is open");
}
