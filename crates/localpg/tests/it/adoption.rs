//! A server outlives a process that is killed, and serves the next.

use rustix::process::Signal;

use crate::support::{Holder, Root, count, lives, run};

#[tokio::test]
async fn after_a_kill_of_the_process_the_next_adopts_its_server() {
    let root = Root::new();
    let mut killed = Holder::start(&root);
    killed.kill();
    assert!(lives(killed.server));

    let pg = root.start().await;

    assert_eq!(pg.pid(), killed.server);
    run(&pg, "create table adopted ()").await;
    pg.stop().await.unwrap();
    assert!(!lives(killed.server), "a killed process no longer counts as a user");
}

#[tokio::test]
async fn after_a_kill_of_both_the_server_recovers() {
    let root = Root::new();
    let mut killed = Holder::start(&root);
    let pg = root.start().await;
    run(&pg, "create table kept as select 1 as one").await;
    drop(pg);
    crate::support::send(killed.server, Signal::KILL);
    killed.kill();

    let pg = root.start().await;

    assert_ne!(pg.pid(), killed.server);
    assert_eq!(count(&pg, "select count(*) from kept").await, 1);
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn a_process_killed_while_it_starts_the_server_is_no_obstacle() {
    let root = Root::new();
    root.start().await.stop().await.unwrap();
    for _ in 0..5 {
        let mut killed = Holder::start(&root);
        killed.signal(Signal::TERM);
        killed.kill();

        let pg = root.start().await;
        assert_eq!(count(&pg, "select count(*) from pg_database").await, 3);
        pg.stop().await.unwrap();
    }
}
