//! `docs/EVENTS.md`: what each event means, posts, and does to both views of an order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::account::{CHART, Side};
use domain::order::status::Phase;
use domain::posting;
use serde_json::{Map, Value};

use super::seen::{Histories, Seen, words};
use super::stored::{Stored, forms, named, resolve, text};
use super::table::Table;
use crate::sample::{self, samples};

const INTRODUCTION: &str = "\
# Events

<!-- Written from the code by `UPDATE_DOCS=1 cargo test -p domain catalogue`. Do not edit. -->

Everything that daftar knows is an event: a fact, in the past tense, that is never changed. Balances,
statuses and the journal are what the events add up to. This page lists every event there is. It is
written from the code: what an event means, holds and posts is what the program does. Which commands
cause it and where it takes an order is what was seen in 256 generated histories, the same every time.

- **An event that moves money** posts one balanced entry. *Dr* is a debit, *Cr* a credit. What stands
  after the colon says whose item of the account it is: `2200:order` is the prepayment of that order.
- **An event of an order** may move the order to another phase. The phase decides both views:
  `customer_orders.status`, which the customer sees, and `order_management.current_status`, which the
  departments see. Events of other streams change neither.
- **One command may cause several events.** They are recorded together or not at all. A movement of
  money that touches a wallet is posted by the wallet's event, else by the order's, else by the
  payment's: never twice.
- **Every event** also says when it was recorded, who acted in which role, for whom, and why.
- **A stored form never changes.** Each has a JSON Schema in [`events/`](events/). A new form gets a
  new version, and the old one stays readable.
";

const STREAMS: [(&str, &str, &str); 7] = [
    ("order", "Orders", "One stream an order: from placing to the end, and what came after."),
    ("wallet", "Wallets", "One stream for a customer's money in one currency."),
    (
        "payment",
        "Payments",
        "One stream for each sum that came in: a transfer, a gateway's payment, cash.",
    ),
    ("statement_line", "Statement lines", "One stream for each line of a bank's statement."),
    (
        "receipt_file",
        "Receipt files",
        "One stream for each file, so that one picture cannot pay twice unseen.",
    ),
    ("suspense", "Suspense items", "One stream for each sum that nobody has explained yet."),
    ("settings", "Settings", "One stream a book: its policy."),
];

/// The whole page.
pub(super) fn page(stored: &[Stored], histories: &Histories) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str(&contents(stored));
    for (stream, title, about) in STREAMS {
        writeln!(page, "\n## {title}\n\n{about}").unwrap();
        for one in stored.iter().filter(|one| one.stream == stream) {
            let name = format!("{}.{}", one.stream, one.event_type);
            page.push_str(&event(one, &histories.events[&name]));
        }
    }
    page.push_str(&types(stored));
    page.push_str(&phases());
    page.push_str(&payment_statuses());
    page.push_str(&chart());
    page.push_str(&posting_table());
    page
}

fn contents(stored: &[Stored]) -> String {
    let mut page = String::from("\n## Contents\n\n");
    for (stream, title, _) in STREAMS {
        let events: Vec<String> = stored
            .iter()
            .filter(|one| one.stream == stream)
            .map(|one| format!("[{0}](#{stream}{0})", one.event_type))
            .collect();
        let anchor = title.to_lowercase().replace(' ', "-");
        writeln!(page, "- [{title}](#{anchor}): {}", events.join(", ")).unwrap();
    }
    page.push_str(
        "- [Types](#types), [phases and statuses](#phases-and-statuses), \
         [payment statuses](#payment-statuses), [chart of accounts](#chart-of-accounts), \
         [posting table](#posting-table)\n",
    );
    page
}

fn event(one: &Stored, seen: &Seen) -> String {
    let (name, schema) = (format!("{}.{}", one.stream, one.event_type), one.name());
    let commands: Vec<&str> = seen.commands.iter().map(String::as_str).collect();
    let mut page = format!("\n### {name}\n\n{}\n\n", one.meaning());
    writeln!(page, "- **Caused by:** {}", commands.join(", ")).unwrap();
    writeln!(page, "- **Posts:**{}", posts(&schema)).unwrap();
    if one.stream == "order" && !seen.stays.is_empty() {
        writeln!(page, "- **Leaves an order in:** {}", listed(seen.stays.iter())).unwrap();
    }
    writeln!(page, "- **Stored as:** [version {}](events/{schema}.schema.json)", one.version)
        .unwrap();
    if let Some(content) = one.content() {
        page.push('\n');
        page.push_str(&fields(&content, &one.types()).write());
    }
    let moves = moves(seen);
    if !moves.is_empty() {
        page.push('\n');
        page.push_str(&moves.write());
    }
    page
}

fn listed<'a>(phases: impl Iterator<Item = &'a Phase>) -> String {
    let phases: Vec<&Phase> = phases.collect();
    if phases.len() == Phase::ALL.len() {
        return "whatever phase it is in".to_owned();
    }
    phases.iter().map(|phase| format!("`{}`", phase.as_str())).collect::<Vec<_>>().join(", ")
}

/// Where an event takes an order, and what both views say then.
fn moves(seen: &Seen) -> Table {
    let mut table = Table::new(&[
        "from phase",
        "→ to phase",
        "customer_orders.status",
        "order_management.current_status",
        "who has it",
    ]);
    for (to, from) in &seen.moves {
        let from: Vec<&str> =
            from.iter().map(|phase| phase.map_or("(no order yet)", Phase::as_str)).collect();
        table.row(vec![
            from.join(", "),
            format!("→ {}", to.phase.as_str()),
            to.customer.to_owned(),
            to.management.to_owned(),
            to.department.to_owned(),
        ]);
    }
    table
}

/// What the forms of an event post, those with one entry together.
fn posts(schema: &str) -> String {
    let entries = entries(schema);
    let shown = |lines: &[Line]| match lines {
        [] => "nothing".to_owned(),
        lines => {
            let lines: Vec<String> = lines.iter().map(Line::short).collect();
            format!("`{}`", lines.join(", "))
        }
    };
    if let [(lines, _)] = entries.as_slice() {
        return format!(" {}", shown(lines));
    }
    let entries =
        entries.iter().map(|(lines, forms)| format!("{}: {}", forms.join(", "), shown(lines)));
    format!("\n  - {}", entries.collect::<Vec<_>>().join("\n  - "))
}

/// One line of an entry, without its amount.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    side: Side,
    code: &'static str,
    item: String,
}

impl Line {
    fn short(&self) -> String {
        let side = match self.side {
            Side::Debit => "Dr",
            Side::Credit => "Cr",
        };
        let item = self.item();
        format!("{side} {}{item}", self.code)
    }

    fn item(&self) -> String {
        if self.item.is_empty() { String::new() } else { format!(":{}", self.item) }
    }

    fn long(&self) -> String {
        let account = CHART.iter().find(|account| account.code == self.code).unwrap();
        format!("{} {}", self.code, account.name)
    }
}

/// The entries of an event's samples, each with the forms that post it; `otherwise` is the plain one.
fn entries(schema: &str) -> Vec<(Vec<Line>, Vec<String>)> {
    let mut entries: Vec<(Vec<Line>, Vec<String>)> = Vec::new();
    for (name, (stream, event)) in samples() {
        let Some(form) = name.strip_prefix(schema) else { continue };
        let form = match form.strip_prefix('.') {
            Some(form) => words(form).replace(['_', '.'], " "),
            None if form.is_empty() => "otherwise".to_owned(),
            None => continue,
        };
        let entry = posting::entry(stream, &event).unwrap();
        let mut lines: Vec<Line> = entry
            .postings()
            .iter()
            .map(|posting| Line {
                side: posting.side,
                code: posting.account.code(),
                item: item(&posting.account.item()),
            })
            .collect();
        lines.sort_by_key(|line| line.side == Side::Credit);
        match entries.iter_mut().find(|(known, _)| *known == lines) {
            Some((_, forms)) => forms.push(form),
            None => entries.push((lines, vec![form])),
        }
    }
    for (_, forms) in &mut entries {
        // The plain form speaks for its others.
        if forms.iter().any(|form| form == "otherwise") {
            *forms = vec!["otherwise".to_owned()];
        }
    }
    entries.sort_by_key(|(_, forms)| forms.iter().any(|form| form == "otherwise"));
    entries
}

/// Whose item it is, in a word.
fn item(item: &str) -> String {
    let known = [
        (sample::order_id().to_string(), "order"),
        (sample::wallet_id().to_string(), "wallet"),
        (sample::payment_id().to_string(), "payment"),
        (sample::suspense_id().to_string(), "item"),
        (sample::request_id().to_string(), "request"),
        ("94".to_owned(), "customer"),
        ("rafidain-1".to_owned(), "bank account"),
    ];
    if item.is_empty() {
        return String::new();
    }
    let found = known.iter().find(|(id, _)| id == item);
    found.unwrap_or_else(|| panic!("whose item is {item}?")).1.to_owned()
}

/// What several events hold and a comment beside each would only repeat.
const COMMON: [(&str, &str); 9] = [
    ("amount", "How much."),
    ("currency", "The currency."),
    ("customer", "Whose."),
    ("deadline", "Until when what is still due is to be paid; none where nothing is."),
    ("given_back", "What went to the customer's wallet, in the same command."),
    (
        "moved_alone_on",
        "The business day on which one person moved this without another's consent.",
    ),
    ("reason", "Why, in words."),
    ("sequence", "Which event of the stream."),
    ("ticket", "The ticket that asked for it."),
];

/// The fields of an object: those always there first.
fn fields(content: &Value, types: &Map<String, Value>) -> Table {
    let mut table = Table::new(&["field", "holds", "which is"]);
    let Some(properties) = content["properties"].as_object() else { return table };
    let required: Vec<String> =
        content["required"].as_array().into_iter().flatten().map(text).collect();
    let optional: BTreeSet<&String> =
        properties.keys().filter(|name| !required.contains(name)).collect();
    for name in required.iter().chain(optional.iter().copied()) {
        let field = &properties[name];
        let absent = if optional.contains(name) { ", or absent" } else { "" };
        let common = COMMON.iter().find(|(common, _)| common == name).map(|(_, words)| *words);
        let meaning = field["description"].as_str().or(common).or_else(|| {
            let one = if field["type"] == "array" { &field["items"] } else { field };
            // What an id, a sum or totals are says nothing about this one.
            let telling = named(one).is_none_or(|name| {
                !name.ends_with("Id") && !["Amount", "Money", "Totals"].contains(&name)
            });
            resolve(one, types)["description"].as_str().filter(|_| telling)
        });
        table.row(vec![
            format!("`{name}`"),
            format!("{}{absent}", holds(field)).replace(", or none, or absent", ", or absent"),
            meaning.unwrap_or_default().to_owned(),
        ]);
    }
    table
}

/// What a value is, in a few words.
fn holds(schema: &Value) -> String {
    if let Some(name) = named(schema) {
        return words(name);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let choices: Vec<String> = choices.iter().map(holds).collect();
        return choices.join(", or ");
    }
    if let Some(types) = schema["type"].as_array() {
        let mut of = schema.clone();
        of["type"] = types[0].clone();
        return format!("{}, or none", holds(&of));
    }
    let format = schema["format"].as_str().unwrap_or_default();
    match schema["type"].as_str() {
        Some("array") if schema["prefixItems"].is_array() => {
            let items: Vec<String> =
                schema["prefixItems"].as_array().unwrap().iter().map(holds).collect();
            items.join(" with ")
        }
        Some("array") => format!("list: {}", holds(&schema["items"])),
        Some("string") if format == "date-time" => "time (UTC)".to_owned(),
        Some("string") if format == "date" => "day".to_owned(),
        Some("string") if format == "uuid" => "id".to_owned(),
        Some("string") if schema["maxLength"].is_u64() => {
            format!("text of up to {}", schema["maxLength"])
        }
        Some("string") if schema["pattern"].is_string() => "decimal text".to_owned(),
        Some("string") => "text".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "yes or no".to_owned(),
        Some("null") => "none".to_owned(),
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let fields: Vec<String> =
                fields.map(|(name, field)| format!("`{name}` ({})", holds(field))).collect();
            fields.join(", ")
        }
        _ => panic!("what is {schema}?"),
    }
}

/// A type's schema, the stream that has it, and the types that it is made of.
type Definition = (Value, String, Map<String, Value>);

/// The types that events are made of. Where streams have different ones of one name, each says whose.
fn types(stored: &[Stored]) -> String {
    let mut all: BTreeMap<String, Vec<Definition>> = BTreeMap::new();
    let own: BTreeSet<String> = stored
        .iter()
        .filter_map(|one| named(&one.schema["properties"][&one.event_type]).map(str::to_owned))
        .collect();
    for one in stored {
        for (name, schema) in one.types() {
            let known = all.entry(name).or_default();
            if known.iter().all(|(other, ..)| *other != schema) {
                known.push((schema, one.stream.clone(), one.types()));
            }
        }
    }
    let page = String::from(
        "\n## Types\n\nWhat the events' fields hold. Ids are UUIDs. Money is text, never a number: \
         `{\"amount\": \"151126.17\", \"currency\": \"IQD\"}`.\n",
    );
    let mut simple = Table::new(&["type", "which is"]);
    let mut rest = String::new();
    for (name, definitions) in &all {
        for (schema, stream, types) in definitions {
            let title = match definitions.len() {
                1 => words(name),
                _ => format!("{} (of {stream})", words(name).replace('_', " ")),
            };
            let meaning = schema["description"].as_str().unwrap_or_default();
            if schema["oneOf"].is_array() || schema["enum"].is_array() {
                write!(rest, "\n### Type: {title}\n\n{meaning}").unwrap();
                rest.push_str(if meaning.is_empty() { "" } else { "\n\n" });
                rest.push_str(&variants(schema, types).write());
            } else if schema["properties"].is_object() && !own.contains(name) {
                write!(rest, "\n### Type: {title}\n\n{meaning}").unwrap();
                rest.push_str(if meaning.is_empty() { "" } else { "\n\n" });
                rest.push_str(&fields(schema, types).write());
            } else if !own.contains(name) {
                simple.row(vec![title, meaning.to_owned()]);
            }
        }
    }
    format!("{page}\n{}{rest}", simple.write())
}

/// The forms of a type that can be one of several.
fn variants(schema: &Value, types: &Map<String, Value>) -> Table {
    let mut table = Table::new(&["one of", "holds", "which is"]);
    if let Some(names) = schema["enum"].as_array() {
        for name in names {
            table.row(vec![format!("`{}`", text(name)), "–".to_owned(), String::new()]);
        }
        return table;
    }
    for (name, form) in forms(schema) {
        let content = &form["properties"][&name];
        let held = if content.is_null() { "–".to_owned() } else { holds(content) };
        let meaning = form["description"].as_str();
        let telling = named(content).is_none_or(|name| !name.ends_with("Id"));
        let meaning =
            meaning.or_else(|| resolve(content, types)["description"].as_str().filter(|_| telling));
        let meaning = meaning.unwrap_or_default().to_owned();
        table.row(vec![format!("`{name}`"), held, meaning]);
    }
    table
}

/// A fact of the tables of statuses, in words; none where an earlier row has said the opposite.
fn condition(column: &str, value: &str) -> Option<&'static str> {
    let words = match (column, value) {
        (_, "*")
        | ("ended" | "trouble", "-")
        | ("in_import_review" | "completed" | "refunded" | "in_grace", "no")
        | ("shipped", "none")
        | ("receipt", "nothing") => return None,
        ("ended", "cancelled") => "it was cancelled",
        ("ended", "expired") => "it expired",
        ("in_import_review", "yes") => "it was taken over and awaits a person",
        ("all_returned", "yes") => "every delivered unit came back",
        ("completed", "yes") => "it was completed",
        ("delivered", "all") => "everything is delivered",
        ("trouble", "returning") => "a shipment is on its way back",
        ("trouble", "failed") => "a delivery failed",
        ("shipped", "all") => "everything is shipped",
        ("shipped", "part") => "some of it is shipped",
        ("settled", "yes") => "it is paid",
        ("settled", "no") => "it is not paid in full",
        ("released", "yes") => "finance released it",
        ("released", "no") => "finance has not released it",
        ("warehouse", "packed") => "it is packed",
        ("warehouse", "stock_rejected") => "the warehouse cannot supply it",
        ("warehouse", "processing") => "the warehouse picks it",
        ("warehouse", "waiting") => "the warehouse has not started",
        ("receipt", "open") => "a receipt waits for finance",
        ("receipt", "rejected") => "the last receipt was refused",
        ("channel", "wallet") => "the rest comes from the wallet",
        ("channel", "gateway") => "the rest comes through a gateway",
        ("channel", "bank_transfer") => "the rest comes by bank transfer",
        ("refunded", "yes") => "something was refunded",
        ("kept", "no") => "nothing is kept",
        ("kept", "yes") => "something is kept",
        ("due", "yes") => "something is due",
        ("received", "yes") => "some of it was received",
        ("in_grace", "yes") => "a bank transfer is in its time",
        _ => panic!("say {column} {value} in words"),
    };
    Some(words)
}

/// A table of rules, row by row: the condition in words, and the answers.
fn rules(csv: &str, answers: usize) -> Vec<(String, Vec<String>)> {
    let mut rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let facts = header.len() - answers;
    rows.map(|row| {
        let conditions: Vec<&str> = header[..facts]
            .iter()
            .zip(&row)
            .filter_map(|(column, value)| condition(column, value))
            .collect();
        let conditions = match conditions.as_slice() {
            [] => "in all other cases".to_owned(),
            conditions => conditions.join(", and "),
        };
        (conditions, row[facts..].iter().map(|answer| answer.replace('-', "–")).collect())
    })
    .collect()
}

fn phases() -> String {
    let mut table = Table::new(&[
        "when",
        "phase",
        "customer_orders.status",
        "order_management.current_status",
        "who has it",
    ]);
    for (when, answers) in rules(include_str!("../status.csv"), 4) {
        table.row([vec![when], answers].concat());
    }
    format!(
        "\n## Phases and statuses\n\nThe first row that holds decides, for both views at once. \
         *Everything* means all that is still wanted:\nlines that were cancelled do not count. The \
         table is written by hand, and the code is tested against it\nfor every combination of the \
         facts.\n\n{}",
        table.write()
    )
}

fn payment_statuses() -> String {
    let mut table = Table::new(&["when", "payment_status"]);
    for (when, answers) in rules(include_str!("../payment_status.csv"), 1) {
        table.row([vec![when], answers].concat());
    }
    format!("\n## Payment statuses\n\nAgain the first row that holds.\n\n{}", table.write())
}

fn chart() -> String {
    let mut table = Table::new(&["code", "name", "kind", "one item for each", "holds"]);
    for account in CHART {
        table.row(vec![
            account.code.to_owned(),
            account.name.to_owned(),
            account.kind.as_str().to_owned(),
            account.kept_by.unwrap_or("–").to_owned(),
            account.holds.to_owned(),
        ]);
    }
    format!(
        "\n## Chart of accounts\n\nMoney is always in exactly one of them, and all of them together \
         are 0 in every currency.\n\n{}",
        table.write()
    )
}

fn posting_table() -> String {
    let mut table = Table::new(&["event", "form", "debit", "credit"]);
    let names: BTreeSet<String> = samples()
        .into_keys()
        .map(|name| name.split('.').take(3).collect::<Vec<_>>().join("."))
        .collect();
    for name in names {
        let entries = entries(&name);
        let only = entries.len() == 1;
        for (lines, forms) in entries.into_iter().filter(|(lines, _)| !lines.is_empty()) {
            let side = |side: Side| {
                let lines: Vec<String> =
                    lines.iter().filter(|line| line.side == side).map(Line::long).collect();
                lines.join(", ")
            };
            table.row(vec![
                name.rsplit_once('.').unwrap().0.to_owned(),
                if only { "–".to_owned() } else { forms.join(", ") },
                side(Side::Debit),
                side(Side::Credit),
            ]);
        }
    }
    format!(
        "\n## Posting table\n\nEvery event that posts, and its entry. What is not here posts nothing. \
         The rules' version is {}; it is\nstored with each event, and a changed rule applies forward \
         only. A line whose sum is zero is left out,\nand rounding stands on the side that balances \
         the entry.\n\n{}",
        posting::RULE_VERSION,
        table.write()
    )
}
