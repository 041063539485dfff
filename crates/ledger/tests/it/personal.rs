//! Personal data: kept once, readable with both keys, and gone with the customer's.

use chrono::{DateTime, TimeDelta, Utc};
use domain::StreamKey;
use domain::id::{CustomerId, OrderId, PersonalDataId};
use domain::order::PersonalRef;
use ledger::personal::{self, NewPersonal, PersonalError, Vault};
use uuid::Uuid;

use crate::old_shop::{BOOK, MISSING, World};

const ID: PersonalDataId = PersonalDataId::new(Uuid::from_u128(5));

async fn store(
    world: &World,
    content: impl AsRef<[u8]>,
    now: DateTime<Utc>,
) -> Result<PersonalRef, PersonalError> {
    let content = content.as_ref();
    let customer = CustomerId::new("94").unwrap();
    let stream = StreamKey::Order(OrderId::new(Uuid::from_u128(6)));
    let new = NewPersonal { id: ID, customer: &customer, stream, kind: "recipient", content };
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    personal::store(&mut conn, &world.vault, BOOK, &new, now).await
}

async fn read(world: &World, vault: &Vault) -> Result<String, PersonalError> {
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    personal::read_text(&mut conn, vault, BOOK, ID).await
}

async fn read_bytes(world: &World) -> Result<Vec<u8>, PersonalError> {
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    personal::read(&mut conn, &world.vault, BOOK, ID).await
}

async fn forget(world: &World) -> bool {
    let customer = CustomerId::new("94").unwrap();
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    personal::forget(&mut conn, BOOK, &customer).await.unwrap()
}

fn now(world: &World) -> DateTime<Utc> {
    world.ledger.clock().now()
}

#[tokio::test]
async fn what_was_stored_is_read_back_and_stands_nowhere_in_the_clear() {
    let world = World::with(MISSING).await;
    store(&world, "Sara, +964 770", now(&world)).await.unwrap();
    assert_eq!(read(&world, &world.vault).await.unwrap(), "Sara, +964 770");
    let clear = world
        .number("select count(*) from daftar.personal_data where strpos(encode(ciphertext, 'escape'), 'Sara') > 0")
        .await;
    assert_eq!(clear, 0);
    let wrong = read(&world, &Vault::new([8; 32])).await.unwrap_err();
    assert!(matches!(wrong, PersonalError::WrongKey));
}

#[tokio::test]
async fn a_file_comes_back_byte_for_byte_is_no_text_and_goes_with_the_customer() {
    let world = World::with(MISSING).await;
    // Every byte there is, so that it is no UTF-8, and as large as a file may be.
    let file: Vec<u8> = (0..=u8::MAX).cycle().take(5 * 1024 * 1024).collect();
    let first = store(&world, &file, now(&world)).await.unwrap();
    assert_eq!(store(&world, &file, now(&world)).await.unwrap(), first);
    assert!(read_bytes(&world).await.unwrap() == file);
    let text = read(&world, &world.vault).await.unwrap_err();
    assert!(matches!(text, PersonalError::NotText(ID)), "{text:?}");
    let other = store(&world, &file[1..], now(&world)).await.unwrap_err();
    assert!(matches!(other, PersonalError::Differs(ID)));
    assert_eq!(world.number("select count(*) from daftar.personal_data").await, 1);

    assert!(forget(&world).await);
    let gone = read_bytes(&world).await.unwrap_err();
    assert!(matches!(gone, PersonalError::Forgotten(ID)), "{gone:?}");
}

#[tokio::test]
async fn storing_again_is_the_same_and_storing_something_else_under_the_id_is_refused() {
    let world = World::with(MISSING).await;
    let first = store(&world, "Sara", now(&world)).await.unwrap();
    let again = store(&world, "Sara", now(&world)).await.unwrap();
    assert_eq!(first, again);
    let other = store(&world, "Omar", now(&world)).await.unwrap_err();
    assert!(matches!(other, PersonalError::Differs(ID)));
    assert_eq!(read(&world, &world.vault).await.unwrap(), "Sara");
}

#[tokio::test]
async fn a_forgotten_customer_cannot_be_read_any_more() {
    let world = World::with(MISSING).await;
    let first = store(&world, "Sara", now(&world)).await.unwrap();
    assert!(forget(&world).await);
    assert!(!forget(&world).await);
    let gone = read(&world, &world.vault).await.unwrap_err();
    assert!(matches!(gone, PersonalError::Forgotten(ID)), "{gone:?}");
    // An import that runs again finds the row and leaves it as it is.
    assert_eq!(store(&world, "Sara", now(&world)).await.unwrap(), first);
    let gone = read(&world, &world.vault).await.unwrap_err();
    assert!(matches!(gone, PersonalError::Forgotten(ID)), "{gone:?}");
}

#[tokio::test]
async fn an_import_after_a_customer_was_forgotten_changes_nothing() {
    let world = World::imported(MISSING).await;
    let position = world.position().await;
    assert!(forget(&world).await);
    let report = world.import().await.unwrap();
    assert_eq!(report.refused, []);
    assert_eq!(world.position().await, position);
    world.must_verify().await;
}

#[tokio::test]
async fn rows_that_no_event_names_are_swept_after_a_day() {
    let world = World::imported(MISSING).await;
    let later = now(&world) + TimeDelta::days(2);
    store(&world, "nobody asked for this", now(&world)).await.unwrap();
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    assert_eq!(personal::sweep(&mut conn, BOOK, now(&world)).await.unwrap(), 0, "not yet");
    assert_eq!(personal::sweep(&mut conn, BOOK, later).await.unwrap(), 1);
    assert_eq!(world.number("select count(*) from daftar.personal_data").await, 5);
    let gone = read(&world, &world.vault).await.unwrap_err();
    assert!(matches!(gone, PersonalError::Unknown(ID)));
}

#[tokio::test]
async fn what_is_stored_again_is_kept_for_another_day_until_its_event_is_there() {
    let world = World::with(MISSING).await;
    let first = store(&world, "Sara", now(&world) - TimeDelta::days(2)).await.unwrap();
    let again = store(&world, "Sara", now(&world)).await.unwrap();
    assert_eq!(first, again);
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    assert_eq!(personal::sweep(&mut conn, BOOK, now(&world)).await.unwrap(), 0);
    assert_eq!(read(&world, &world.vault).await.unwrap(), "Sara");
}
