//! The disk that the database lies on.

use domain::settings::Setting;
use ledger::alerts::Severity;
use ledger::disk::Disk;
use ledger::ledger::Config;

use super::watched::Watched;

const MONITOR: &str = "disk-low";
const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn too_little_room_is_told_of_until_there_is_more_and_of_an_unknown_disk_nothing_is() {
    let mut watched = Watched::open().await;
    assert_eq!(watched.look(MONITOR).await, [], "nobody knows the disk");
    let of = |free| Config { disk: Disk::Free(free), ..Config::default() };
    watched.node = watched.book.node_with(of(10_240 * MIB)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    watched.node = watched.book.node_with(of(10_240 * MIB - 1)).await;
    let alert = watched.one(MONITOR).await;
    assert_eq!((alert.severity, alert.owner.as_str()), (Severity::Critical, "operations"));
    assert_eq!(alert.subject, "disk");
    assert_eq!(alert.says, "10239 MiB of the database's disk are free, and 10240 should be");

    watched.change(Setting::DiskFreeMib(10_239)).await;
    assert_eq!(watched.look(MONITOR).await, [], "it goes by the book's settings");
    watched.change(Setting::DiskFreeMib(10_240)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
    watched.node = watched.book.node_with(of(20_000 * MIB)).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn a_directory_of_this_machine_is_looked_at() {
    let mut watched = Watched::open().await;
    let config = Config { disk: Disk::At("/".into()), ..Config::default() };
    watched.node = watched.book.node_with(config).await;
    watched.change(Setting::DiskFreeMib(u32::MAX)).await;
    assert!(watched.one(MONITOR).await.says.ends_with("and 4294967295 should be"));
    watched.change(Setting::DiskFreeMib(0)).await;
    assert_eq!(watched.look(MONITOR).await, []);
}
