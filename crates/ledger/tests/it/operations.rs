//! What is asked under a key beside the log: who asks at the same time waits, and not for ever.

use ledger::operations::{self, Begun, Name, OperationError, Reply};
use uuid::Uuid;

use crate::old_shop::{MISSING, World};

const ID: Uuid = Uuid::from_u128(7);

async fn begin(world: &World, fingerprint: u8) -> Result<Begun, OperationError> {
    let name = Name { id: ID, fingerprint: vec![fingerprint] };
    operations::begin(&world.ledger, &world.vault, Some(name)).await
}

#[tokio::test]
async fn who_waits_too_long_asks_again_and_what_was_answered_is_never_changed() {
    let world = World::with(MISSING).await;
    let Begun::New(first) = begin(&world, 1).await.unwrap() else { panic!("nobody asked before") };
    let late = begin(&world, 1).await.unwrap_err();
    assert!(matches!(late, OperationError::Busy), "{late}");
    drop(first);

    let Begun::New(second) = begin(&world, 1).await.unwrap() else {
        panic!("what was dropped has changed nothing")
    };
    let reply = Reply {
        status: 201,
        resource: Some("key/k".to_owned()),
        version: Some(3),
        position: Some(9),
        text: Some("made".to_owned()),
    };
    let waiting = begin(&world, 1);
    let (known, committed) = tokio::join!(waiting, second.commit(&reply));
    committed.unwrap();
    let Begun::Known(known) = known.unwrap() else { panic!("it was done once") };
    assert_eq!(known, reply);
    let other = begin(&world, 2).await.unwrap_err();
    assert!(matches!(other, OperationError::Mismatch), "{other}");

    let mut conn = world.ledger.pool().acquire().await.unwrap();
    let changed = sqlx::query("update operations set status = 422").execute(&mut *conn).await;
    let refused = changed.unwrap_err().to_string();
    assert!(refused.contains("append-only"), "{refused}");
}
