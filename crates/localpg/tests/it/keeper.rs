//! A keeper stops a server that nobody uses, and no other.

use std::time::{Duration, Instant};

use crate::support::{Root, count, lives, wait_until};

const IDLE_MAX: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_server_that_was_only_dropped_is_stopped_after_a_while() {
    let root = Root::new();
    let pg = root.start().await;
    pg.stop_when_idle(IDLE_MAX).unwrap();
    pg.stop_when_idle(IDLE_MAX).unwrap();
    let (server, dir) = (pg.pid(), pg.data_dir().parent().unwrap().to_path_buf());
    let dropped = Instant::now();
    drop(pg);

    wait_until("the keeper has stopped the server", || !lives(server));

    assert!(dropped.elapsed() + Duration::from_secs(1) > IDLE_MAX, "it waited a while");
    let log = std::fs::read_to_string(dir.join("server.log")).unwrap();
    assert!(log.contains("database system is shut down"), "{log}");
}

#[tokio::test]
async fn a_server_in_use_is_kept_and_so_is_one_that_is_taken_up_again_in_time() {
    let root = Root::new();
    let pg = root.start().await;
    // Longer, so that a busy machine does not make the gaps too long.
    let idle_max = IDLE_MAX * 2;
    pg.stop_when_idle(idle_max).unwrap();
    let server = pg.pid();
    let asked = Instant::now();
    let mut pg = Some(pg);

    while asked.elapsed() < idle_max * 2 {
        drop(pg.take());
        let next = root.start().await;
        assert_eq!(next.pid(), server);
        assert_eq!(count(&next, "select count(*) from pg_database").await, 3);
        tokio::time::sleep(Duration::from_millis(200)).await;
        pg = Some(next);
    }

    pg.unwrap().stop().await.unwrap();
}
