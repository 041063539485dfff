//! Acknowledged means durable.

use localpg::{Error, LocalPg, durability};
use rustix::process::Signal;
use sqlx::{Connection as _, PgConnection};

use crate::support::{Root, lives, run, send, show, start_by_hand, wait_until};

const DURABLE: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

#[tokio::test]
async fn no_setting_makes_the_server_forget() {
    let root = Root::new();
    let mut config = root.config();
    config.settings.extend(DURABLE.map(|name| (name.to_owned(), "off".to_owned())));
    let pg = LocalPg::start(config).await.unwrap();
    run(&pg, "alter system set fsync = off").await;
    pg.stop().await.unwrap();

    let pg = root.start().await;

    for name in DURABLE {
        assert_eq!(show(&pg, name).await, "on", "{name}");
    }
    assert_eq!(show(&pg, "shared_buffers").await, "16MB", "other settings are taken");
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn a_running_server_that_may_forget_is_not_adopted() {
    let root = Root::new();
    let pg = root.start().await;
    pg.stop().await.unwrap();

    for setting in DURABLE {
        let mut server = start_by_hand(&pg, &[&format!("{setting}=off")]);
        let refused = LocalPg::start(root.config()).await.unwrap_err();

        assert!(matches!(&refused, Error::NotDurable { .. }), "{refused}");
        assert!(refused.to_string().contains(&format!("{setting} is off")), "{refused}");
        send(server.id(), Signal::INT);
        server.wait().unwrap();
        wait_until("the server has gone", || !lives(server.id()));
    }
}

#[tokio::test]
async fn a_role_that_need_not_wait_for_the_disk_is_refused() {
    let root = Root::new();
    let pg = root.start().await;
    let mut connection = PgConnection::connect(&pg.url("postgres")).await.unwrap();
    durability::check(&mut connection).await.unwrap();
    run(&pg, "alter role daftar set synchronous_commit = off").await;

    let mut connection = PgConnection::connect(&pg.url("postgres")).await.unwrap();
    let refused = durability::check(&mut connection).await.unwrap_err();

    assert!(refused.to_string().contains("synchronous_commit is off"), "{refused}");
    run(&pg, "set synchronous_commit = on; alter role daftar reset synchronous_commit").await;
    pg.stop().await.unwrap();
}
