//! A server that was killed is started again by whoever needs it first.

use std::fs;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::{Holder, Root, count, lives, run, send, wait_until};

#[tokio::test]
async fn a_process_starts_its_killed_server_again() {
    let root = Root::new();
    let pg = root.start().await;
    run(&pg, "create table kept as select 1 as one").await;
    let killed = pg.pid();
    send(killed, Signal::KILL);

    let server = pg.ensure_running().await.unwrap();

    assert_ne!(server, killed);
    assert_eq!(pg.pid(), server);
    assert_eq!(count(&pg, "select count(*) from kept").await, 1);
    assert_eq!(pg.ensure_running().await.unwrap(), server, "asking again changes nothing");
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn two_processes_agree_on_the_server_that_is_started_again() {
    let root = Root::new();
    let pg = root.start().await;
    let mut other = Holder::start(&root);
    send(pg.pid(), Signal::KILL);

    let asked = std::thread::spawn(move || (other.ensure_running(), other));
    let ours = pg.ensure_running().await.unwrap();
    let (theirs, _other) = asked.join().unwrap();

    assert_eq!(theirs, ours);
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn a_zombie_that_its_parent_does_not_reap_is_not_taken_for_a_server() {
    let root = Root::new();
    // The holder is the server's parent, and busy with nothing, it does not reap.
    let mut parent = Holder::start(&root);
    let killed = parent.server;
    send(killed, Signal::KILL);
    wait_until("the server is a zombie", || !lives(killed));
    assert!(fs::exists(format!("/proc/{killed}")).unwrap(), "a zombie, not reaped");

    let pg = root.start().await;

    assert_ne!(pg.pid(), killed);
    assert_eq!(parent.ensure_running(), pg.pid());
    pg.stop().await.unwrap();
    parent.signal(Signal::TERM);
    assert!(parent.wait().success());
    assert!(!lives(pg.pid()));
}

#[tokio::test]
async fn a_pid_file_that_names_another_program_is_removed() {
    let root = Root::new();
    let pg = root.start().await;
    let data = pg.data_dir().to_path_buf();
    let pid_file = data.join("postmaster.pid");
    let written = fs::read_to_string(&pid_file).unwrap();
    let killed = pg.pid();
    send(killed, Signal::KILL);
    wait_until("the server has gone", || !lives(killed));
    // After a restart of the machine the number may belong to anyone.
    let mut program = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    let renamed = written.replacen(&killed.to_string(), &program.id().to_string(), 1);
    fs::write(&pid_file, renamed).unwrap();

    let server = pg.ensure_running().await.unwrap();

    assert_ne!(server, program.id());
    assert!(program.try_wait().unwrap().is_none(), "the other program was left alone");
    program.kill().unwrap();
    program.wait().unwrap();
    pg.stop().await.unwrap();
}
