//! Every route by every kind of key: what `docs/access.md` says is what is answered.

mod bodies;
mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::actor::Role;
use futures::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use self::table::{Limited, May, Row, Table};
use self::world::{CUSTOMER, UNKNOWN, Whose, World, fresh};
use crate::service::PDF;

const AT_ONCE: usize = 4;
/// More rows than a list has in this world.
const PAGES_MAX: usize = 20;

/// An operation of the description.
struct Operation {
    /// Method and path.
    route: String,
    has_dry_run: bool,
    has_pages: bool,
    takes_version: bool,
    example: Option<String>,
    /// The first of the files that it takes, if it takes any.
    media_type: Option<String>,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&api::openapi_document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !operation.is_object() || operation.get("operationId").is_none() {
                continue;
            }
            let none = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&none);
            let takes = |name: &str, shared: &str| {
                let shared = format!("#/components/parameters/{shared}");
                parameters.iter().any(|one| one["name"] == name || one["$ref"] == shared.as_str())
            };
            let content = &operation["requestBody"]["content"];
            let json = &content["application/json"];
            let example = json.get("example").or_else(|| {
                json["examples"].as_object()?.values().find_map(|example| example.get("value"))
            });
            let mut files = content.as_object().into_iter().flat_map(|content| content.keys());
            operations.push(Operation {
                route: format!("{} {path}", method.to_uppercase()),
                has_dry_run: takes("dry_run", "DryRun"),
                has_pages: takes("limit", "") && takes("cursor", ""),
                takes_version: ["IfMatch", "IfMatchRequired"]
                    .iter()
                    .any(|shared| takes("", shared)),
                example: example.map(Value::to_string),
                media_type: files.find(|media_type| *media_type != "application/json").cloned(),
            });
        }
    }
    operations
}

/// How an operation is asked.
#[derive(Clone, Copy)]
struct Wish<'a> {
    whose: Whose,
    role: &'a str,
    /// Instead of the proposal, or the job, that the role could have asked for, or of the alert that is
    /// its department's.
    proposal: Option<&'a str>,
    /// With parameters and a body that nobody takes.
    is_nonsense: bool,
    /// One row, and those after a cursor.
    page: Option<&'a str>,
}

struct Heard {
    status: StatusCode,
    /// The headers, without those that differ between any two answers.
    headers: BTreeMap<String, String>,
    body: String,
}

impl Heard {
    fn problem(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    fn code(&self) -> String {
        self.problem()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// What is told, less what names the request itself.
    fn told(&self) -> (StatusCode, &BTreeMap<String, String>, Value) {
        let mut problem = self.problem();
        if let Some(members) = problem.as_object_mut() {
            members.remove("instance");
            members.remove("trace_id");
        }
        (self.status, &self.headers, problem)
    }
}

async fn ask(world: &World, operation: &Operation, bearer: Option<&str>, wish: Wish<'_>) -> Heard {
    let (method, template) = operation.route.split_once(' ').unwrap();
    let fill = |text: &str| fill(world, operation, wish, text);
    let mut query = Vec::new();
    if wish.is_nonsense {
        query.push("nonsense=%01");
    } else {
        if operation.has_dry_run {
            query.push("dry_run=true");
        }
        if template.ends_with("/wallet/top-ups") {
            query.push("currency=IQD");
        }
    }
    query.extend(wish.page);
    let path = format!("{}?{}", fill(template), query.join("&"));
    let method: Method = method.parse().unwrap();
    let mut ask = world.service.ask(method.clone(), &path);
    if let Some(bearer) = bearer {
        ask = ask.header("authorization", bearer);
    }
    if method == Method::POST {
        ask = ask.key(&fresh().to_string());
        if operation.takes_version {
            ask = ask.header("if-match", "\"v1\"");
        }
        ask = if wish.is_nonsense {
            ask.raw("{\"")
        } else if let Some(media_type) = &operation.media_type {
            let csv = b"account,line,date,amount,currency,reference\n";
            let bytes = if media_type == "text/csv" { csv.as_slice() } else { PDF };
            ask.file(media_type, bytes)
        } else {
            let body = bodies::of(&operation.route).or_else(|| operation.example.clone());
            let body = body.unwrap_or_else(|| panic!("{}: no body is known", operation.route));
            ask.raw(fill(&body))
        };
    }
    let response = ask.begin().await;
    let (status, headers) = (response.status(), response.headers().clone());
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // What never ends is not read to its end.
    let is_endless = header("content-type").is_some_and(|kind| kind.contains("event-stream"));
    let body = if is_endless { String::new() } else { response.text().await.unwrap() };
    let own = ["date", "x-request-id", "content-length", "traceparent"];
    let headers = headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        // The position moves with the book, whoever asks.
        .map(
            |(name, value)| {
                if name == "daftar-position" { (name, String::new()) } else { (name, value) }
            },
        )
        .collect();
    Heard { status, headers, body }
}

/// A text with every name in braces replaced.
fn fill(world: &World, operation: &Operation, wish: Wish<'_>, text: &str) -> String {
    let mut filled = text.to_owned();
    let names = [
        "account",
        "alert",
        "approval",
        "customer",
        "delivery",
        "department",
        "gateway",
        "item",
        "job",
        "key",
        "name",
        "new",
        "order",
        "payment",
        "plan",
        "position",
        "principal",
        "receipt",
        "request",
        "statement_line",
        "wallet",
        "webhook",
    ];
    for name in names {
        let pattern = format!("{{{name}}}");
        if filled.contains(&pattern) {
            let thing = match (name, wish.proposal) {
                ("alert" | "approval" | "job", Some(wish)) => wish.to_owned(),
                _ => world.thing(wish.whose, name, &operation.route, wish.role),
            };
            filled = filled.replace(&pattern, &thing);
        }
    }
    assert!(!filled.contains("/{"), "{filled}: a name that nothing stands for");
    filled
}

#[test]
fn every_route_is_in_the_table_and_every_row_is_a_route() {
    let table = Table::read();
    let mut rows: Vec<&str> = table.rows.iter().map(|row| row.route.as_str()).collect();
    rows.extend(table.open.iter().map(String::as_str));
    let listed: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(rows.len(), listed.len(), "a route has two rows");
    let operations = operations();
    let routes = operations.iter().map(|operation| operation.route.as_str());
    let undescribed: Vec<String> =
        api::UNDESCRIBED.iter().map(|one| format!("GET {}", one.path)).collect();
    let routes: BTreeSet<&str> = routes.chain(undescribed.iter().map(String::as_str)).collect();
    let missing: Vec<&&str> = routes.difference(&listed).collect();
    let gone: Vec<&&str> = listed.difference(&routes).collect();
    assert!(missing.is_empty(), "not in docs/access.md: {missing:#?}");
    assert!(gone.is_empty(), "in docs/access.md, and no route: {gone:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_every_key_as_the_table_says() {
    let world = World::make().await;
    let table = Table::read();
    let operations = operations();
    let rows = table.rows.iter().map(|row| {
        let operation = operations.iter().find(|operation| operation.route == row.route);
        (row, operation.unwrap_or_else(|| panic!("{}: no such route", row.route)))
    });
    let checked = futures::stream::iter(rows)
        .map(|(row, operation)| async { check(&world, row, operation).await })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let asked: usize = checked.iter().map(|(asked, _)| asked).sum();
    let wrong: Vec<String> = checked.into_iter().flat_map(|(_, wrong)| wrong).collect();
    println!(
        "{} routes, {} kinds of keys, {asked} requests",
        table.rows.len(),
        2 * Role::ALL.len() + world.dead.len()
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// How many requests were made, and what was wrong.
async fn check(world: &World, row: &Row, operation: &Operation) -> (usize, Vec<String>) {
    let (mut asked, mut wrong) = (0_usize, Vec::new());
    let mut note = |who: &str, heard: &Heard, is_right: bool, expected: &str| {
        asked += 1;
        if !is_right {
            let said: String = heard.body.chars().take(300).collect();
            wrong.push(format!("{} by {who}: {expected}, not {} {said}", row.route, heard.status));
        }
    };
    let (whose, role) = (Whose::Own, "admin");
    let sane = Wish { whose, role, proposal: None, is_nonsense: false, page: None };
    for (what, bearer) in &world.dead {
        for is_nonsense in [false, true] {
            let wish = Wish { is_nonsense, ..sane };
            let heard = ask(world, operation, bearer.as_deref(), wish).await;
            let is_right = heard.status == 401
                && heard.code() == "unauthenticated"
                && heard.headers.get("www-authenticate").is_some_and(|scheme| scheme == "Bearer");
            note(what, &heard, is_right, "401 unauthenticated");
        }
    }
    for role in Role::ALL.map(Role::as_str) {
        let unlimited = bearer(&world.whole[role]);
        let limited = bearer(&world.limited[role]);
        let own = Wish { role, ..sane };
        if row.may(role) == May::No {
            for (who, bearer) in
                [(role.to_owned(), &unlimited), (format!("limited {role}"), &limited)]
            {
                for wish in
                    [own, Wish { is_nonsense: true, ..own }, Wish { whose: Whose::Nobodys, ..own }]
                {
                    let heard = ask(world, operation, Some(bearer), wish).await;
                    let needs = serde_json::json!(row.needs);
                    let is_right = is_forbidden(&heard) && heard.problem()["needs"] == needs;
                    note(&who, &heard, is_right, "403 forbidden, naming what it needs");
                }
            }
            continue;
        }
        let heard = ask(world, operation, Some(&unlimited), own).await;
        note(role, &heard, is_let_in(&heard, row), "let in");
        if row.may(role) == May::Some {
            let theirs = world.strangers_wish(&row.route, role);
            let wish = Wish { proposal: Some(&theirs), ..own };
            let heard = ask(world, operation, Some(&unlimited), wish).await;
            let is_right = is_forbidden(&heard) || is_missing(&heard, row);
            note(role, &heard, is_right, "refused what another asked for");
        }
        let nobodys = Wish { whose: Whose::Nobodys, ..own };
        if row.not_there.is_some() && row.not_there.as_deref() != Some("not-found") {
            let heard = ask(world, operation, Some(&unlimited), nobodys).await;
            note(role, &heard, is_missing(&heard, row), "404 for what is not there");
        }
        let who = format!("limited {role}");
        let heard = ask(world, operation, Some(&limited), own).await;
        let leaks = || world.secrets.iter().find(|secret| heard.body.contains(secret.as_str()));
        match row.limited {
            Limited::No => note(&who, &heard, is_forbidden(&heard), "403 forbidden"),
            Limited::All => note(&who, &heard, is_let_in(&heard, row), "let in"),
            Limited::Own | Limited::Part => {
                let is_right = is_let_in(&heard, row) && leaks().is_none();
                note(&who, &heard, is_right, "let in, and nothing of others told");
            }
        }
        if operation.has_pages && matches!(row.limited, Limited::Own | Limited::Part) {
            let told = rows_one_by_one(world, operation, &limited, own).await;
            let is_right = !world.secrets.iter().any(|secret| told.contains(secret.as_str()));
            note(&who, &heard, is_right, "no page and no cursor that tells of others");
        }
        if row.limited == Limited::Own {
            let others = Wish { whose: Whose::Others, ..own };
            let others = ask(world, operation, Some(&limited), others).await;
            note(&who, &others, is_missing(&others, row), "404 for another's");
            let heard = ask(world, operation, Some(&limited), nobodys).await;
            let is_right = is_missing(&heard, row) && heard.told() == others.told();
            note(&who, &heard, is_right, "for what is not there, what is said of another's");
        }
    }
    (asked, wrong)
}

/// What the pages of a list tell, at one row a page, and what is written in their cursors.
async fn rows_one_by_one(
    world: &World,
    operation: &Operation,
    bearer: &str,
    wish: Wish<'_>,
) -> String {
    let (mut told, mut page) = (String::new(), "limit=1".to_owned());
    for _ in 0..PAGES_MAX {
        let heard = ask(world, operation, Some(bearer), Wish { page: Some(&page), ..wish }).await;
        told.push_str(&heard.body);
        let body = heard.problem();
        let Some(next) = body["next"].as_str() else { break };
        told.push_str(&String::from_utf8(URL_SAFE_NO_PAD.decode(next).unwrap()).unwrap());
        page = format!("limit=1&cursor={next}");
    }
    told
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

fn is_forbidden(heard: &Heard) -> bool {
    heard.status == 403 && heard.code() == "forbidden"
}

fn is_missing(heard: &Heard, row: &Row) -> bool {
    heard.status == 404 && Some(heard.code()) == row.not_there
}

/// Whatever was answered, it was not that they may not.
fn is_let_in(heard: &Heard, row: &Row) -> bool {
    let status = heard.status;
    let is_refused = matches!(status.as_u16(), 400 | 401 | 403 | 405 | 415 | 429);
    !is_refused && !status.is_server_error() && !is_missing(heard, row)
}

#[tokio::test]
async fn what_is_open_needs_no_key_and_what_is_signed_needs_its_signature() {
    let world = World::make().await;
    for route in Table::read().open {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{book}", "main").replace("{gateway}", "zain");
        let ask = world.service.ask(method.parse().unwrap(), &path);
        let heard = ask.begin().await;
        if path.contains("/gateways/") {
            assert_eq!(heard.status(), 401, "{route}");
        } else {
            assert!(heard.status().is_success(), "{route}: {}", heard.status());
        }
    }
    // An order that is not there is told apart from nothing.
    assert!(!world.secrets.iter().any(|secret| secret == UNKNOWN || secret == CUSTOMER));
}
