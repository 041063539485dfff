//! The memory that a verification takes does not grow with the book.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use testkit::Trade;

use crate::daftar::Installation;
use crate::load::is_full;

const SMALL: u64 = 2_000;
const LARGE: u64 = 12_000;
const SMALL_FULL: u64 = 20_000;
const LARGE_FULL: u64 = 400_000;
const VERIFY_MAX: Duration = Duration::from_mins(30);

#[tokio::test]
async fn a_verification_takes_no_more_memory_for_a_larger_book() {
    let installation = Installation::new("verify-memory");
    // Keeps the database running.
    let _keeper = installation.serve();
    let (small, large) = if is_full() { (SMALL_FULL, LARGE_FULL) } else { (SMALL, LARGE) };
    let mut conn = installation.postgres().connect("daftar").await;
    let mut peaks = Vec::new();
    for (id, events) in [(21, small), (22, large)] {
        let loaded = Trade::new(3).load(&mut conn, eventstore::BookId::new(id), events).await;
        let begun = Instant::now();
        let peak = peak_of_verification(&installation, &format!("trade {id}"));
        println!("{} events: {peak} KiB, in {:?}", loaded.events, begun.elapsed());
        peaks.push(peak);
    }
    let (small, large) = (peaks[0], peaks[1]);
    assert!(large * 2 < small * 3, "{small} KiB for the small book, {large} for the large one");
}

/// Verifies a book in a process of its own; the most memory that it ever held, in KiB.
fn peak_of_verification(installation: &Installation, book: &str) -> u64 {
    let mut child = installation
        .daftar(&["verify", "--book", book, "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the binary runs");
    let status = format!("/proc/{}/status", child.id());
    let until = Instant::now() + VERIFY_MAX;
    let mut peak = 0;
    loop {
        // The kernel keeps the peak itself, for as long as the process lives.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        peak = text.lines().find_map(high_water).unwrap_or(peak).max(peak);
        if let Some(ended) = child.try_wait().expect("it is our child") {
            assert!(ended.success(), "verify of {book} ended with {ended}");
            return peak;
        }
        assert!(Instant::now() < until, "it never ends");
        thread::sleep(Duration::from_millis(5));
    }
}

fn high_water(line: &str) -> Option<u64> {
    line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok()
}
