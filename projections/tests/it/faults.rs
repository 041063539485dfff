//! The table of planted faults: whatever is wrong, wherever it is, a verification names it.

mod cell;
mod log;
mod page;
mod random;
mod rewritten;
mod views;
mod world;

use std::collections::BTreeSet;

use cell::{Cell, Kind, Outcome, try_together};
use eventstore::{NewBook, create_book};
use projections::{Check, Finding};
use testkit::Trade;
use uuid::Uuid;
use world::World;

fn table() -> Vec<Cell> {
    [log::cells(), views::cells()].concat()
}

fn is_full() -> bool {
    std::env::var_os("DAFTAR_FULL").is_some()
}

fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn a_book_that_nobody_touched_is_clean_and_a_fault_that_is_undone_leaves_nothing() {
    let mut world = World::new().await;
    assert_none(clean(&mut world).await);
    for table in crate::book::TABLES.iter().chain(&world::LOG_TABLES) {
        world.restore(&[table]).await;
    }
    assert_none(clean(&mut world).await);
}

async fn clean(world: &mut World) -> Vec<String> {
    let report = world.verify(&[]).await;
    println!("{} events and {} rows in {:?}", report.events, report.rows, report.took);
    report.findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_fault_of_the_log_is_found_and_named() {
    let mut world = World::new().await;
    let mut faults = Vec::new();
    for cell in log::cells() {
        faults.extend(cell.try_out(&mut world, is_full()).await);
    }
    assert_none(faults);
}

/// In the full run each alone; otherwise those of one kind together, one in each view.
#[tokio::test]
async fn every_fault_of_a_view_is_found_and_named() {
    let mut world = World::new().await;
    let cells = views::cells();
    let mut faults = Vec::new();
    for cell in &cells {
        if is_full() || cell.found().is_none() {
            faults.extend(cell.try_out(&mut world, true).await);
        }
    }
    for kind in Kind::ALL {
        let found = |cell: &&Cell| cell.kind == kind && cell.found().is_some();
        let together: Vec<&Cell> = cells.iter().filter(found).collect();
        faults.extend(try_together(&together, &mut world, false).await);
    }
    assert_none(faults);
}

/// With the checks that find it switched off, and only then. In the full run that is so of every
/// fault of the table.
#[tokio::test]
async fn a_fault_of_each_kind_goes_unseen_without_the_check_that_finds_it() {
    let mut world = World::new().await;
    let mut faults = Vec::new();
    for (index, kind) in Kind::ALL.into_iter().enumerate() {
        let cells = views::cells();
        let fits = |cell: &&Cell| cell.kind == kind && cell.found().is_some();
        let of_kind: Vec<&Cell> = cells.iter().filter(fits).collect();
        faults.extend(of_kind[index % of_kind.len()].try_out(&mut world, true).await);
    }
    assert_none(faults);
}

#[tokio::test]
async fn any_column_of_any_row_that_is_changed_is_found_or_is_listed_as_harmless() {
    let mut world = World::new().await;
    let count = if is_full() { 1_000 } else { 50 };
    assert_none(random::try_out(&mut world, 5, count).await);
}

#[test]
fn the_table_has_every_kind_in_every_place() {
    let table = table();
    let places: BTreeSet<_> = table.iter().map(|cell| cell.place).collect();
    assert_eq!(places.len(), 12 + 5);
    assert!(views::names().all(|view| crate::book::TABLES.contains(&view)));
    for place in places {
        for kind in Kind::ALL {
            let has = table.iter().any(|cell| cell.place == place && cell.kind == kind);
            assert!(has, "{place}, {}", kind.as_str());
        }
    }
    let cannot = |cell: &&Cell| matches!(cell.outcome, Outcome::CannotBe { .. });
    assert!(table.iter().filter(cannot).count() < 10);
}

/// What guards the tables, and personal data, are tried elsewhere.
#[test]
fn every_check_finds_something_in_the_table() {
    let table = table();
    let found: BTreeSet<Check> =
        table.iter().filter_map(Cell::found).flat_map(|(_, checks)| checks.to_vec()).collect();
    let elsewhere = [Check::Guard, Check::PersonalData];
    let idle: Vec<_> = Check::ALL
        .iter()
        .filter(|check| !found.contains(check) && !elsewhere.contains(check))
        .collect();
    assert!(idle.is_empty(), "{idle:?}");
}

#[test]
fn the_page_tells_what_the_table_says() {
    page::check(&table());
}

/// No stream makes anyone look there.
#[tokio::test]
async fn a_row_of_any_view_in_an_empty_book_is_found() {
    let mut world = World::new().await;
    let book = eventstore::BookId::new(3);
    let empty = NewBook {
        id: book,
        uuid: Uuid::from_u128(3),
        name: "empty".to_owned(),
        projections: projections::projections(),
        created_at: crate::book::at(0),
    };
    assert!(create_book(world.conn(), empty).await.unwrap());
    assert!(world.try_verify(book, &[]).await.unwrap().is_clean());
    let views: Vec<_> = views::names().collect();
    for view in &views {
        assert_eq!(views::in_empty_book(view).by(&mut world).await.len(), 1, "{view}");
    }

    let report = world.try_verify(book, &[]).await.unwrap();

    for view in views {
        let is_extra = |one: &&Finding| {
            one.check == Check::ExtraRow && one.projection.as_deref() == Some(view)
        };
        assert!(report.findings.iter().any(|one| is_extra(&one)), "{view}: {:?}", report.findings);
    }
}

/// A million events in the full run.
#[tokio::test]
async fn a_large_book_that_nobody_touched_is_clean() {
    let databases = crate::book::Databases::empty().await;
    let mut conn = databases.superuser().await;
    let events = if is_full() { 1_000_000 } else { 20_000 };
    let loaded = Trade::new(11).load(&mut conn, world::BOOK, events).await;
    println!("{loaded:?}");

    let report = projections::verify_now(&databases.pool, world::BOOK).await.unwrap();

    println!("{} events and {} rows in {:?}", report.events, report.rows, report.took);
    assert!(report.is_clean(), "{:?}", &report.findings[..report.findings.len().min(20)]);
    assert_eq!(report.events, loaded.events);
}
