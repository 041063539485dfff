//! Workers that break off, or end, are begun again, and what they broke off with is asked again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ledger::metrics::Metrics;
use ledger::workers::Workers;
use ledger::{Clock, Ledger, SubmitError};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::{BOOK, Book, ask, by_transfer, id, noon};

/// How often a worker was replaced, as whoever watches is told.
fn replaced(metrics: &Metrics, worker: &str) -> u32 {
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let sample = format!("daftar_workers_replaced_total{{worker=\"{worker}\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&sample));
    line.unwrap_or_else(|| panic!("nobody counts {worker}: {text}")).parse().unwrap()
}

#[tokio::test]
async fn a_worker_that_breaks_off_or_ends_is_begun_again_until_it_is_told_to_stop() {
    let (metrics, stop, tasks) = (Metrics::default(), CancellationToken::new(), TaskTracker::new());
    let workers = Workers::new(tasks.clone(), metrics.clone(), stop.clone());
    let (say, mut begun) = mpsc::unbounded_channel();
    let (turns, until) = (Arc::new(AtomicU32::new(0)), stop.clone());
    let since = Instant::now();
    workers.watch_over("clerk", move || {
        let turn = turns.fetch_add(1, Ordering::Relaxed);
        // Also one that breaks before it has begun.
        assert_ne!(turn, 2, "a defect that the test wants");
        let (say, until) = (say.clone(), until.clone());
        async move {
            say.send(turn).unwrap();
            match turn {
                0 => panic!("a defect that the test wants"),
                1 => {}
                _ => until.cancelled().await,
            }
        }
    });
    tasks.close();
    for turn in [0, 1, 3] {
        assert_eq!(begun.recv().await, Some(turn));
    }
    // One that broke off at once is not begun without a pause, which grows.
    assert!(since.elapsed() >= Duration::from_millis(250 + 500 + 1_000));
    assert_eq!(replaced(&metrics, "clerk"), 3);
    stop.cancel();
    tasks.wait().await;
    assert_eq!(replaced(&metrics, "clerk"), 3, "whoever was told to stop is not replaced");
    assert_eq!(begun.recv().await, None);
}

#[tokio::test]
async fn a_writer_that_broke_off_goes_on_with_the_next_batch_and_loses_nothing() {
    let book = Book::empty().await;
    let is_broken = Arc::new(AtomicBool::new(false));
    let node = {
        let is_broken = Arc::clone(&is_broken);
        let tell = move || {
            assert!(!is_broken.load(Ordering::Relaxed), "a clock that the test broke");
            noon()
        };
        Ledger::open(book.options(), BOOK, Clock::from_fn(tell)).await.unwrap()
    };
    let asked = |number| node.submit(ask(id(number), by_transfer(number, "anna", 10)));
    assert!(asked(1).await.unwrap().is_accepted());
    let metrics = node.metrics().clone();
    assert_eq!(replaced(&metrics, "writer"), 0);

    is_broken.store(true, Ordering::Relaxed);
    let broken = futures::future::join_all((2..40).map(asked)).await;
    for answer in broken {
        assert!(matches!(answer, Err(SubmitError::Unavailable)), "{answer:?}");
    }
    let times = replaced(&metrics, "writer");
    assert!(times > 0);

    is_broken.store(false, Ordering::Relaxed);
    for answer in futures::future::join_all((2..40).map(asked)).await {
        let answer = answer.unwrap();
        assert!(answer.is_accepted() && !answer.is_replayed);
    }
    assert_eq!(book.count("select count(*) from daftar.commands").await, 39);
    assert_eq!(replaced(&metrics, "writer"), times);
    book.assert_sound().await;
}
