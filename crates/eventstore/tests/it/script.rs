//! The independent script agrees about the chain, and disagrees with a tampered one.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use futures::TryStreamExt;
use sqlx::Executor;

use crate::log::{Log, book_uuid, event};

const EXPORT: &str = include_str!("../../../../scripts/export-chain.sql");

async fn export(log: &Log) -> Vec<u8> {
    let mut conn = log.superuser().await;
    conn.execute("set daftar.book = 1").await.unwrap();
    let chunks: Vec<_> = conn.copy_out_raw(EXPORT).await.unwrap().try_collect().await.unwrap();
    chunks.concat()
}

fn verify(csv: &[u8]) -> Output {
    let mut script = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/verify-chain.py"))
        .arg(book_uuid().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may stop reading at the first event that is wrong.
    drop(script.stdin.take().unwrap().write_all(csv));
    script.wait_with_output().unwrap()
}

#[tokio::test]
async fn the_script_accepts_a_real_log() {
    let log = Log::empty().await;
    let mut awkward = event("Küche, \"oben\"", 1);
    awkward.payload = "{\"a\": \"line\\nbreak, é, 😀\",\r\n  \"b\": 1.0}".to_owned();
    log.write(vec![event("a", 1), awkward]).await;
    log.write_lamp("b", 3).await;

    let output = verify(&export(&log).await);

    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), format!("5 events, chain hash {}", log.head().await.hash));
    assert!(output.status.success());
}

#[tokio::test]
async fn the_script_finds_a_changed_event() {
    let log = Log::empty().await;
    log.write_lamp("a", 3).await;
    let csv = String::from_utf8(export(&log).await).unwrap();
    let tampered = csv.replacen(r#"{""watts"":2}"#, r#"{""watts"":3}"#, 1);
    assert_ne!(csv, tampered);

    let output = verify(tampered.as_bytes());

    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.trim(), "the event at position 2 is not what was hashed");
}

#[tokio::test]
async fn the_script_finds_a_missing_event() {
    let log = Log::empty().await;
    log.write_lamp("a", 3).await;
    let csv = String::from_utf8(export(&log).await).unwrap();
    let cut: Vec<_> = csv.lines().filter(|line| !line.starts_with("2,")).collect();

    let output = verify(cut.join("\n").as_bytes());

    assert!(!output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap().trim(), "position 2 is missing");
}
