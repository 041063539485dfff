//! What is generated or listed is what is committed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// `UPDATE_DOCS=1` writes it anew.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a switch of this test, not a setting of the program"
)]
fn the_committed_description_of_the_api_is_the_generated_one() {
    let generated = api::openapi_document();
    if std::env::var("UPDATE_DOCS").is_ok() {
        std::fs::write(docs("openapi.json"), &generated).unwrap();
    }
    let committed = std::fs::read_to_string(docs("openapi.json")).unwrap_or_default();
    assert!(
        committed == generated,
        "docs/openapi.json is stale: UPDATE_DOCS=1 cargo test -p api document"
    );
}

#[test]
fn the_description_is_of_openapi_3_1_and_every_command_refuses_unknown_fields() {
    let document: Value = serde_json::from_str(&api::openapi_document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut bodies = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(schema) = item["post"]["requestBody"]["content"]["application/json"].get("schema")
        else {
            continue;
        };
        let name = schema["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let schema = &document["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], false, "{path}: {name}");
        bodies += 1;
    }
    assert!(bodies > 15, "{bodies}");
}

#[test]
fn the_page_on_problems_lists_every_code_with_its_status_and_title() {
    let page = std::fs::read_to_string(docs("problems.md")).unwrap();
    let listed: BTreeMap<String, (u16, String)> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let code = cells[0].trim_end_matches('`').to_owned();
            assert!(cells.len() > 4 && !cells[3].is_empty(), "nothing says what to do: {line}");
            (code, (cells[1].parse().unwrap(), cells[2].to_owned()))
        })
        .collect();
    let known: BTreeMap<String, (u16, String)> = api::PROBLEM_CODES
        .iter()
        .map(|(code, status, title)| ((*code).to_owned(), (*status, (*title).to_owned())))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_page_on_problems_says_how_jobs_fail_and_names_each_code_that_one_can_fail_with() {
    let page = std::fs::read_to_string(docs("problems.md")).unwrap();
    let (_, page) = page.split_once("## How a job fails").unwrap();
    let listed: Vec<(&str, &str)> =
        page.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`: ")).collect();
    assert_eq!(listed, api::JOB_FAILURES);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ledger/src/jobs");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        // Words with hyphens are nothing else there.
        for word in source.split('"').skip(1).step_by(2) {
            let is_code = word.contains('-')
                && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase());
            if is_code {
                seen += 1;
                let is_listed = api::JOB_FAILURES.iter().any(|(code, _)| *code == word);
                assert!(is_listed, "{}: {word}", path.display());
            }
        }
    }
    assert!(seen >= 7, "{seen}");
}

#[test]
fn every_rejection_of_the_domain_has_a_code_in_the_table_or_is_never_answered() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/rejection.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let codes: Vec<&str> =
        source.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\",")).collect();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        let is_listed = api::PROBLEM_CODES.iter().any(|(known, _, _)| *known == code);
        let is_inner = api::INNER_REJECTIONS.contains(&code);
        assert!(is_listed != is_inner, "{code}");
    }
}

#[test]
fn whatever_the_description_refers_to_is_there_and_every_operation_has_a_name_of_its_own() {
    let document: Value = serde_json::from_str(&api::openapi_document()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 500, "{}", references.len());
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "there is no {reference}");
    }
    let items = document["paths"].as_object().unwrap().values();
    let operations: Vec<&Value> =
        items.flat_map(|item| item.as_object().unwrap().values()).collect();
    let mut names = BTreeMap::new();
    for operation in operations {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name, operation).is_none(), "{name} is there twice");
        let tag = operation["tags"][0].as_str().unwrap();
        let tags = document["tags"].as_array().unwrap();
        let tag = tags.iter().find(|known| known["name"] == tag);
        assert!(tag.is_some_and(|tag| tag["description"].is_string()), "{name}: its tag");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{name} does not say what it does");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every code that the sources of the API name is one that callers can look up.
#[test]
fn every_problem_that_the_code_makes_is_in_the_table() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                for rest in source.split("Problem::new(\"").skip(1) {
                    let code = rest.split('"').next().unwrap();
                    let known = api::PROBLEM_CODES.iter().any(|(known, _, _)| *known == code);
                    assert!(known, "{}: {code}", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 50, "{seen}");
}
