//! Keys that many requests come with at once: each is found for what it is, and none once it is revoked.

use std::collections::BTreeMap;

use domain::actor::Role;
use futures::future::join_all;
use ledger::Ledger;
use ledger::principals::{
    self, NewKey, NewPrincipal, PrincipalId, PrincipalKind, RANDOM_BYTES, Token,
};

use crate::book::{BOOK, Book};

async fn key(node: &Ledger, name: &str) -> Token {
    let id = PrincipalId::new(name).unwrap();
    let kind = PrincipalKind::Person;
    let principal =
        NewPrincipal { id: id.clone(), kind, role: Role::Finance, department: None, owner: None };
    let (mut conn, now) = (node.pool().acquire().await.unwrap(), node.clock().now());
    principals::create_principal(&mut conn, BOOK, &principal, None, now).await.unwrap();
    let new = NewKey { principal: id, customers: None, expires_at: None };
    principals::create_key(&mut conn, BOOK, &new, &rand::random(), None, now).await.unwrap()
}

/// The same key's name with another secret.
fn forged(token: &Token) -> Token {
    let text = token.reveal();
    let (name, secret) = text.rsplit_once('_').unwrap();
    Token::parse(&format!("{name}_{}", "0".repeat(secret.len()))).unwrap()
}

#[tokio::test]
async fn everybody_who_asks_at_once_is_told_of_their_own_key() {
    let book = Book::empty().await;
    let node = book.node().await;
    let mut holders = BTreeMap::new();
    for name in ["layla", "omar", "sara"] {
        holders.insert(name, key(&node, name).await);
    }
    let unknown = Token::from_random(&[7; RANDOM_BYTES]);
    let asked: Vec<(Option<&str>, Token)> = (0..60)
        .flat_map(|_| {
            let known = holders.iter().map(|(name, token)| (Some(*name), token.clone()));
            let others = [(None, unknown.clone()), (None, forged(&holders["omar"]))];
            known.chain(others).collect::<Vec<_>>()
        })
        .collect();

    let found = join_all(asked.iter().map(|(_, token)| node.find_by_key(token))).await;

    for ((expected, _), found) in asked.iter().zip(found) {
        let found = found.unwrap().map(|credential| credential.principal.to_string());
        assert_eq!(found.as_deref(), *expected);
    }
}

#[tokio::test]
async fn a_key_that_was_revoked_is_nobodys_from_the_next_question_on() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    let (kept, revoked) = (key(&node, "layla").await, key(&node, "omar").await);
    let ask = async || {
        let asked = (0..40).map(|_| async {
            let both = (other.find_by_key(&revoked), other.find_by_key(&kept));
            let (revoked, kept) = futures::join!(both.0, both.1);
            (revoked.unwrap().is_some(), kept.unwrap().is_some())
        });
        join_all(asked).await
    };
    assert!(ask().await.into_iter().all(|found| found == (true, true)));

    let mut conn = node.pool().acquire().await.unwrap();
    let now = node.clock().now();
    assert!(principals::revoke(&mut conn, BOOK, revoked.id(), now).await.unwrap());

    assert!(ask().await.into_iter().all(|found| found == (false, true)));
}

#[tokio::test]
async fn the_use_of_a_key_is_noted() {
    let book = Book::empty().await;
    let node = book.node().await;
    let token = key(&node, "layla").await;
    let last_used = async || {
        let mut conn = node.pool().acquire().await.unwrap();
        let key = principals::read_key(&mut conn, BOOK, token.id()).await.unwrap().unwrap();
        key.last_used_at
    };
    assert_eq!(last_used().await, None);
    assert!(node.find_by_key(&token).await.unwrap().is_some());
    assert!(last_used().await.is_some(), "it was noted");
}
