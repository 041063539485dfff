//! The last one out stops the server, and nobody before.

use localpg::Error;
use rustix::process::Signal;

use crate::support::{Holder, Root, count, lives};

#[tokio::test]
async fn the_last_process_out_stops_the_server() {
    let root = Root::new();
    let pg = root.start().await;
    let mut other = Holder::start(&root);
    assert_eq!(other.server, pg.pid());

    pg.stop().await.unwrap();
    assert!(lives(pg.pid()), "the other process still uses it");
    other.signal(Signal::TERM);

    assert!(other.wait().success());
    assert!(!lives(pg.pid()));
}

#[tokio::test]
async fn two_holds_in_one_process_count_as_two() {
    let root = Root::new();
    let (first, second) = (root.start().await, root.start().await);

    first.stop().await.unwrap();
    first.stop().await.unwrap();
    assert_eq!(count(&second, "select count(*) from pg_database").await, 3);
    second.stop().await.unwrap();

    assert!(!lives(second.pid()));
}

#[tokio::test]
async fn who_has_left_cannot_make_sure_of_the_server() {
    let root = Root::new();
    let pg = root.start().await;
    pg.stop().await.unwrap();

    assert!(matches!(pg.ensure_running().await, Err(Error::Left { .. })));
    assert!(!lives(pg.pid()));
}

#[tokio::test]
async fn dropping_leaves_the_server_to_the_next() {
    let root = Root::new();
    let pg = root.start().await;
    let server = pg.pid();
    drop(pg);
    assert!(lives(server));

    let next = root.start().await;

    assert_eq!(next.pid(), server);
    next.stop().await.unwrap();
    assert!(!lives(server), "the dropped hold no longer counts");
}

#[test]
fn sigterm_and_ctrl_c_stop_the_server_cleanly() {
    let root = Root::new();
    let interrupts: [fn(&Holder); 2] =
        [|holder| holder.signal(Signal::TERM), Holder::interrupt_group];
    for interrupt in interrupts {
        let mut holder = Holder::start(&root);
        interrupt(&holder);

        assert!(holder.wait().success());
        assert!(!lives(holder.server));
    }
    let major = std::fs::read_dir(root.path()).unwrap().next().unwrap().unwrap().path();
    let log = std::fs::read_to_string(major.join("server.log")).unwrap();
    assert!(!log.contains("was not properly shut down"), "{log}");
}

#[test]
fn many_processes_may_come_and_go_at_once() {
    let root = Root::new();
    drop(Holder::start(&root));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut holder = Holder::start(&root);
                    assert_eq!(holder.ensure_running(), holder.server, "it stayed while held");
                    holder.signal(Signal::TERM);
                    assert!(holder.wait().success());
                }
            });
        }
    });
}
