//! A second person's agreement: what was proposed happens once, or never.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Rejection;
use domain::StreamKey;
use domain::actor::Role;
use domain::decide::Command;
use domain::id::{PersonalDataId, Reason};
use domain::wallet::Wallet;
use futures::future::join_all;
use ledger::approvals::{self, Approval, ApprovalError, NewApproval, Page, Proposed, Standing};
use ledger::personal::{self, NewPersonal, Vault};
use ledger::principals::{
    self, Credential, Maker, NewKey, NewPrincipal, PrincipalId, PrincipalKind, Rotation,
};
use ledger::{Answer, Decided, Ledger, Provenance, Render, Reply, Submission};
use uuid::Uuid;

use crate::book::{
    BOOK, Book, accepted, ask, by_wallet, credit, customer, id, noon, order, render, top_up, wallet,
};

/// More than one person may move alone.
const MUCH: i64 = 2_000_000;
const DAY: i64 = 24 * 60 * 60;

struct Desk {
    book: Book,
    node: Ledger,
    layla: Credential,
    omar: Credential,
}

async fn principal(node: &Ledger, name: &str, kind: PrincipalKind, owner: Option<&str>) {
    let id = PrincipalId::new(name).unwrap();
    let owner = owner.map(|owner| PrincipalId::new(owner).unwrap());
    let new = NewPrincipal { id, kind, role: Role::Finance, department: None, owner };
    let (mut conn, now) = (node.pool().acquire().await.unwrap(), node.clock().now());
    principals::create_principal(&mut conn, BOOK, &new, None, now).await.unwrap();
}

/// A new key of a principal, as whoever uses it is known.
async fn key(node: &Ledger, name: &str, expires_at: Option<DateTime<Utc>>) -> Credential {
    let principal = PrincipalId::new(name).unwrap();
    let new = NewKey { principal, customers: None, expires_at };
    let (mut conn, now) = (node.pool().acquire().await.unwrap(), node.clock().now());
    let token =
        principals::create_key(&mut conn, BOOK, &new, &rand::random(), None, now).await.unwrap();
    principals::find_by_key(&mut conn, BOOK, &token, now).await.unwrap().unwrap()
}

impl Desk {
    /// Two clerks, and a wallet that holds 100.
    async fn open() -> Self {
        let book = Book::empty().await;
        let node = book.node().await;
        for name in ["layla", "omar"] {
            principal(&node, name, PrincipalKind::Person, None).await;
        }
        let (layla, omar) = (key(&node, "layla", None).await, key(&node, "omar", None).await);
        accepted(&node, 1, top_up("anna", 1, 100)).await;
        Self { book, node, layla, omar }
    }

    async fn proposed(&self, number: u64, command: Command) -> Approval {
        stored(propose(&self.node, &self.layla, asked(&self.layla, number, command)).await)
    }

    async fn approve(&self, approval: &Approval) -> Result<Answer, ApprovalError> {
        approvals::approve(&self.node, approval.id, &self.omar, told()).await
    }

    async fn standing(&self, approval: &Approval) -> Standing {
        let found = approvals::find(&self.node, approval.id).await.unwrap();
        found.standing(self.node.clock().now())
    }

    async fn balance(&self) -> i64 {
        self.book.count("select balance::bigint from daftar.wallet_balances").await
    }

    /// What a process that was killed in between has not written.
    async fn forget_decisions(&self) {
        let sql = "update daftar.approvals set attempt = 0, outcome = null, decided_by = null,
            decision_reason = null, decided_at = null";
        sqlx::query(sql).execute(&mut self.book.superuser().await).await.unwrap();
    }

    fn pass(&self, seconds: i64) {
        self.book.hands.fetch_add(seconds, std::sync::atomic::Ordering::SeqCst);
    }
}

/// A request of one person alone.
fn asked(by: &Credential, number: u64, command: Command) -> Submission {
    Submission { provenance: Provenance::of(by.actor(None)), ..ask(id(number), command) }
}

async fn propose(
    node: &Ledger,
    by: &Credential,
    submission: Submission,
) -> Result<Proposed, ApprovalError> {
    let subject = StreamKey::Wallet(wallet("anna"));
    let new = NewApproval {
        submission,
        subject,
        creates: false,
        route: "POST /test",
        scope: 1,
        proposer: by,
    };
    approvals::propose(node, new).await
}

fn stored(proposed: Result<Proposed, ApprovalError>) -> Approval {
    match proposed.unwrap() {
        Proposed::Stored { approval, .. } => *approval,
        other @ (Proposed::Done(_) | Proposed::Refused(_)) => panic!("{other:?}"),
    }
}

/// Says which rule refused, as the API's replies do.
fn told() -> Render {
    Arc::new(|decided: &Decided<'_>| match decided {
        Decided::Refused(Rejection::Stale { .. }) => Reply { status: 412, ..render(decided) },
        Decided::Accepted { .. } | Decided::Refused(_) => render(decided),
    })
}

fn no() -> Reason {
    Reason::new("too much").unwrap()
}

#[tokio::test]
async fn what_one_person_may_not_do_alone_happens_when_another_approves() {
    let desk = Desk::open().await;
    let alone = desk.node.submit(asked(&desk.layla, 2, credit("anna", MUCH))).await.unwrap();
    assert_eq!(alone.status, 409);

    let approval = desk.proposed(2, credit("anna", MUCH)).await;
    assert_eq!(desk.balance().await, 100, "nothing happened yet");
    assert!(approval.would.contains("\"events\":1"), "{}", approval.would);
    let answer = desk.approve(&approval).await.unwrap();

    assert!(answer.is_accepted() && !answer.is_replayed, "{answer:?}");
    assert_eq!(desk.balance().await, 100 + MUCH);
    assert_eq!(desk.standing(&approval).await, Standing::Applied);
    let signed = "select count(*) from daftar.events where metadata->>'actor_id' = 'layla'
        and metadata->>'approved_by' = 'omar'";
    assert_eq!(desk.book.count(signed).await, 1);
    let found = approvals::find(&desk.node, approval.id).await.unwrap().outcome.unwrap();
    assert_eq!(found.by.as_deref(), Some("omar"));
    desk.book.assert_sound().await;
}

#[tokio::test]
async fn approving_again_replays_and_so_does_the_request_itself() {
    let desk = Desk::open().await;
    let approval = desk.proposed(2, credit("anna", MUCH)).await;
    let first = desk.approve(&approval).await.unwrap();
    let again = desk.approve(&approval).await.unwrap();
    assert!(again.is_replayed);
    assert_eq!(first.body, again.body);
    // The proposer's own retry, without any proposal.
    let retry = desk.node.submit(asked(&desk.layla, 2, credit("anna", MUCH))).await.unwrap();
    assert!(retry.is_replayed && retry.body == first.body);
    let proposed_again = desk.proposed(2, credit("anna", MUCH)).await;
    assert_eq!(proposed_again.id, approval.id);
    assert!(proposed_again.outcome.is_some());
    assert_eq!(desk.balance().await, 100 + MUCH);
}

#[tokio::test]
async fn a_retry_finds_the_proposal_and_another_request_under_its_key_is_refused() {
    let desk = Desk::open().await;
    let first = desk.proposed(2, credit("anna", MUCH)).await;
    let again = desk.proposed(2, credit("anna", MUCH)).await;
    assert_eq!(first, again);
    assert_eq!(desk.book.count("select count(*) from daftar.approvals").await, 1);
    let other = propose(&desk.node, &desk.layla, asked(&desk.layla, 2, credit("anna", 1))).await;
    assert!(matches!(other, Err(ApprovalError::Mismatch)), "{other:?}");
    // What was accepted is not proposed once more.
    let plain = desk.node.submit(asked(&desk.layla, 3, credit("anna", 5))).await.unwrap();
    let proposed = propose(&desk.node, &desk.layla, asked(&desk.layla, 3, credit("anna", 5))).await;
    let Proposed::Done(answer) = proposed.unwrap() else { panic!("it was done") };
    assert!(answer.is_replayed && answer.body == plain.body);
}

#[tokio::test]
async fn what_a_rule_refuses_whoever_agrees_is_not_stored() {
    let desk = Desk::open().await;
    let asked = asked(&desk.layla, 2, by_wallet(1, "anna", 500));
    let refused = propose(&desk.node, &desk.layla, asked).await.unwrap();
    let Proposed::Refused(reply) = refused else { panic!("{refused:?}") };
    assert_eq!(reply.status, 409);
    assert_eq!(desk.book.count("select count(*) from daftar.approvals").await, 0);
    assert_eq!(desk.book.count("select count(*) from daftar.commands").await, 1);
}

#[tokio::test]
async fn four_eyes_are_two_persons_however_many_keys_and_services_they_have() {
    let desk = Desk::open().await;
    principal(&desk.node, "robot", PrincipalKind::Service, Some("layla")).await;
    principal(&desk.node, "machine", PrincipalKind::Service, None).await;
    let other_key = key(&desk.node, "layla", None).await;
    let (robot, machine) =
        (key(&desk.node, "robot", None).await, key(&desk.node, "machine", None).await);
    let own = desk.proposed(2, credit("anna", MUCH)).await;
    let submission = asked(&robot, 3, credit("anna", MUCH));
    let robots = stored(propose(&desk.node, &robot, submission).await);
    for approval in [&own, &robots] {
        for by in [&desk.layla, &other_key] {
            let refused = approvals::approve(&desk.node, approval.id, by, told()).await;
            assert!(matches!(refused, Err(ApprovalError::SamePerson)), "{refused:?}");
        }
        for by in [&robot, &machine] {
            let refused = approvals::approve(&desk.node, approval.id, by, told()).await;
            assert!(matches!(refused, Err(ApprovalError::NotAPerson)), "{refused:?}");
        }
    }
    let submission = asked(&machine, 4, credit("anna", MUCH));
    let nobody = propose(&desk.node, &machine, submission).await;
    assert!(matches!(nobody, Err(ApprovalError::NotAPerson)), "{nobody:?}");
    assert_eq!(desk.balance().await, 100);
    assert!(desk.approve(&robots).await.unwrap().is_accepted());
}

/// A principal with a key, each made by somebody.
async fn made(
    node: &Ledger,
    name: &str,
    made_by: Option<&str>,
    key_by: Option<&str>,
) -> Credential {
    let id = PrincipalId::new(name).unwrap();
    let kind = PrincipalKind::Person;
    let new =
        NewPrincipal { id: id.clone(), kind, role: Role::Finance, department: None, owner: None };
    let (mut conn, now) = (node.pool().acquire().await.unwrap(), node.clock().now());
    let maker = |principal| Maker { principal, key_id: None };
    let by = made_by.map(maker);
    principals::create_principal(&mut conn, BOOK, &new, by, now).await.unwrap();
    let new = NewKey { principal: id, customers: None, expires_at: None };
    let (by, random) = (key_by.map(maker), rand::random());
    let token = principals::create_key(&mut conn, BOOK, &new, &random, by, now).await.unwrap();
    principals::find_by_key(&mut conn, BOOK, &token, now).await.unwrap().unwrap()
}

#[tokio::test]
async fn whoever_made_the_other_or_the_others_key_is_not_another_person() {
    let desk = Desk::open().await;
    let node = &desk.node;
    principal(node, "robot", PrincipalKind::Service, Some("layla")).await;
    let theirs = [
        made(node, "made", Some("layla"), None).await,
        made(node, "given-a-key", None, Some("layla")).await,
        made(node, "made-by-her-robot", Some("robot"), None).await,
        made(node, "made-by-one-she-made", None, Some("made")).await,
    ];
    let apart = made(node, "apart", Some("omar"), Some("omar")).await;
    let own = desk.proposed(2, credit("anna", MUCH)).await;
    for (number, her) in (3..).zip(&theirs) {
        let refused = approvals::approve(node, own.id, her, told()).await;
        assert!(matches!(refused, Err(ApprovalError::SamePerson)), "{her:?}: {refused:?}");
        let submission = asked(her, number, credit("anna", MUCH));
        let proposed = stored(propose(node, her, submission).await);
        let refused = approvals::approve(node, proposed.id, &desk.layla, told()).await;
        assert!(matches!(refused, Err(ApprovalError::SamePerson)), "{her:?}: {refused:?}");
    }
    assert_eq!(desk.balance().await, 100);
    assert!(approvals::approve(node, own.id, &apart, told()).await.unwrap().is_accepted());
}

#[tokio::test]
async fn a_key_that_was_made_with_a_strangers_key_is_the_others_too() {
    let desk = Desk::open().await;
    let node = &desk.node;
    // Layla made a key of another's; with that key whoever holds it makes more, and rotates one.
    let given = made(node, "given-a-key", None, Some("layla")).await;
    let (mut conn, now) = (node.pool().acquire().await.unwrap(), node.clock().now());
    let new = NewKey { principal: given.principal.clone(), customers: None, expires_at: None };
    let by = Some(given.maker());
    let (random, other) = (rand::random(), rand::random());
    let more = principals::create_key(&mut conn, BOOK, &new, &random, by, now).await.unwrap();
    let with_it = principals::find_by_key(&mut conn, BOOK, &more, now).await.unwrap().unwrap();
    let rotation = Rotation { overlap: TimeDelta::zero(), expires_at: None };
    let (rotated, _) = principals::rotate(
        &mut conn,
        BOOK,
        &with_it.key_id,
        rotation,
        &other,
        Some(with_it.maker()),
        now,
    )
    .await
    .unwrap();
    let rotated = principals::find_by_key(&mut conn, BOOK, &rotated, now).await.unwrap().unwrap();
    drop(conn);
    let own = desk.proposed(2, credit("anna", MUCH)).await;
    for hers in [&with_it, &rotated] {
        let refused = approvals::approve(node, own.id, hers, told()).await;
        assert!(matches!(refused, Err(ApprovalError::SamePerson)), "{hers:?}: {refused:?}");
    }
    assert_eq!(desk.balance().await, 100);
}

#[tokio::test]
async fn a_stale_version_and_a_refusal_leave_it_open() {
    let desk = Desk::open().await;
    let stream = StreamKey::Wallet(wallet("anna"));
    let states = desk.book.assert_sound().await;
    let mut submission = asked(&desk.layla, 2, credit("anna", MUCH));
    submission.expected = vec![(stream, states[&stream].version())];
    let insisting = stored(propose(&desk.node, &desk.layla, submission).await);
    let spending = desk.proposed(3, by_wallet(1, "anna", 80)).await;
    accepted(&desk.node, 4, by_wallet(2, "anna", 50)).await;

    for _ in 0..2 {
        assert_eq!(desk.approve(&insisting).await.unwrap().status, 412);
        assert_eq!(desk.standing(&insisting).await, Standing::Open);
        let refused = desk.approve(&spending).await.unwrap();
        assert!(refused.status == 409 && !refused.is_replayed, "decided anew: {refused:?}");
    }
    // Nor is a refusal that nobody noted taken for the last word.
    desk.forget_decisions().await;
    accepted(&desk.node, 5, credit("anna", 50)).await;
    assert!(desk.approve(&spending).await.unwrap().is_accepted());
    assert_eq!(desk.balance().await, 20);
    desk.book.assert_sound().await;
}

#[tokio::test]
async fn after_seven_days_it_is_too_late() {
    let desk = Desk::open().await;
    let approval = desk.proposed(2, credit("anna", MUCH)).await;
    let applied = desk.proposed(3, credit("anna", MUCH)).await;
    desk.approve(&applied).await.unwrap();
    desk.forget_decisions().await;
    desk.pass(7 * DAY - 1);
    assert_eq!(desk.standing(&approval).await, Standing::Open);
    desk.pass(1);
    assert_eq!(desk.standing(&approval).await, Standing::Expired);
    let late = desk.approve(&approval).await;
    assert!(matches!(late, Err(ApprovalError::Expired(_))), "{late:?}");
    let late = approvals::reject(&desk.node, approval.id, &desk.omar, &no(), "{}").await;
    assert!(matches!(late, Err(ApprovalError::Expired(_))), "{late:?}");
    assert!(desk.approve(&applied).await.unwrap().is_replayed, "what was done stays so");
    assert_eq!(desk.balance().await, 100 + MUCH);
}

#[tokio::test]
async fn a_proposal_is_worth_no_more_than_the_key_that_made_it() {
    let desk = Desk::open().await;
    let short = key(&desk.node, "layla", Some(noon() + approvals::OPEN_FOR / 7)).await;
    let revoked = desk.proposed(2, credit("anna", MUCH)).await;
    let submission = asked(&short, 3, credit("anna", MUCH));
    let expiring = stored(propose(&desk.node, &short, submission).await);
    let now = desk.node.clock().now();
    let mut conn = desk.node.pool().acquire().await.unwrap();
    assert!(principals::revoke(&mut conn, BOOK, &desk.layla.key_id, now).await.unwrap());
    drop(conn);
    desk.pass(2 * DAY);
    for approval in [&revoked, &expiring] {
        let refused = desk.approve(approval).await;
        assert!(matches!(refused, Err(ApprovalError::ProposerGone)), "{refused:?}");
    }
    // It can still be cleared away.
    approvals::reject(&desk.node, revoked.id, &desk.omar, &no(), "{}").await.unwrap();
    assert_eq!(desk.balance().await, 100);
}

#[tokio::test]
async fn a_rejection_is_for_good_and_is_what_the_request_is_answered_with() {
    let desk = Desk::open().await;
    let approval = desk.proposed(2, credit("anna", MUCH)).await;
    let reject = async |by: &Credential| {
        approvals::reject(&desk.node, approval.id, by, &no(), "{\"code\":\"x\"}").await
    };
    let rejected = reject(&desk.omar).await.unwrap();
    let outcome = rejected.outcome.unwrap();
    assert_eq!(
        (outcome.by.as_deref(), outcome.reason.as_deref()),
        (Some("omar"), Some("too much"))
    );
    reject(&desk.omar).await.unwrap();
    desk.forget_decisions().await;
    assert!(matches!(reject(&desk.layla).await, Err(ApprovalError::Decided(_))));
    let late = desk.approve(&approval).await;
    assert!(matches!(late, Err(ApprovalError::Decided(_))), "{late:?}");
    let retry = desk.node.submit(asked(&desk.layla, 2, credit("anna", MUCH))).await.unwrap();
    assert_eq!(retry.status, 409);
    assert!(retry.body.unwrap().contains("\"code\":\"x\""));
    assert_eq!(desk.balance().await, 100);
    // Whoever proposed it may take it back.
    let own = desk.proposed(3, credit("anna", MUCH)).await;
    approvals::reject(&desk.node, own.id, &desk.layla, &no(), "{}").await.unwrap();
    assert_eq!(desk.standing(&own).await, Standing::Rejected);
    desk.book.assert_sound().await;
}

#[tokio::test]
async fn a_restart_between_any_two_steps_applies_it_once() {
    let Desk { book, node, layla, omar } = Desk::open().await;
    let submission = || asked(&layla, 2, credit("anna", MUCH));
    let approval = stored(propose(&node, &layla, submission()).await);
    node.stop().await;
    let node = book.node().await;
    assert_eq!(stored(propose(&node, &layla, submission()).await), approval);
    let first = approvals::approve(&node, approval.id, &omar, told()).await.unwrap();
    node.stop().await;
    let desk = Desk { node: book.node().await, book, layla, omar };
    // Killed after the decision was recorded and before the row said so.
    desk.forget_decisions().await;
    let page = Page { standing: Some(Standing::Open), after: None, size: 10 };
    let (open, _) = approvals::list(&desk.node, page).await.unwrap();
    assert_eq!(open, [], "the log knows better than the row");
    desk.forget_decisions().await;
    let again = desk.approve(&approval).await.unwrap();
    assert!(again.is_replayed && again.body == first.body);
    assert_eq!(desk.balance().await, 100 + MUCH);
    let noted = "select count(*) from daftar.approvals
        where outcome = 'applied' and decided_by = 'omar'";
    assert_eq!(desk.book.count(noted).await, 1);
    desk.book.assert_sound().await;
}

#[tokio::test]
async fn two_nodes_and_many_approvers_apply_it_once() {
    let desk = Desk::open().await;
    let other = desk.book.node().await;
    principal(&desk.node, "zaynab", PrincipalKind::Person, None).await;
    let zaynab = key(&desk.node, "zaynab", None).await;
    for round in 0..10 {
        let number = 10 + round;
        if round % 2 == 1 {
            // The request was refused first, so that applying it has another id.
            desk.node.submit(asked(&desk.layla, number, credit("anna", MUCH))).await.unwrap();
        }
        let approval = desk.proposed(number, credit("anna", MUCH)).await;
        let asks = (0..8).map(|turn| {
            let node = if turn % 2 == 0 { &desk.node } else { &other };
            let by = if turn % 3 == 0 { &desk.omar } else { &zaynab };
            approvals::approve(node, approval.id, by, told())
        });
        let answers: Vec<Answer> =
            join_all(asks).await.into_iter().map(|answer| answer.unwrap()).collect();
        assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:?}");
        assert!(answers.iter().all(Answer::is_accepted));
    }
    assert_eq!(desk.balance().await, 100 + 10 * MUCH);
    desk.book.assert_sound().await;
}

#[tokio::test]
async fn of_approving_and_rejecting_at_once_on_two_nodes_one_wins() {
    let desk = Desk::open().await;
    let other = desk.book.node().await;
    let mut applied = 0;
    for round in 0..20 {
        let approval = desk.proposed(10 + round, credit("anna", MUCH)).await;
        let (one, two) = if round % 4 < 2 { (&desk.node, &other) } else { (&other, &desk.node) };
        let approve = approvals::approve(one, approval.id, &desk.omar, told());
        let reason = no();
        // Later each time: to approve takes longer, and would never win.
        let late = std::time::Duration::from_millis(round);
        let reject = async {
            tokio::time::sleep(late).await;
            approvals::reject(two, approval.id, &desk.omar, &reason, "{}").await
        };
        let (approved, rejected) = if round % 2 == 0 {
            futures::join!(approve, reject)
        } else {
            let (rejected, approved) = futures::join!(reject, approve);
            (approved, rejected)
        };
        let is_applied = approved.as_ref().is_ok_and(Answer::is_accepted);
        assert_ne!(is_applied, rejected.is_ok(), "{approved:?} {rejected:?}");
        let standing = if is_applied { Standing::Applied } else { Standing::Rejected };
        assert_eq!(desk.standing(&approval).await, standing);
        applied += i64::from(is_applied);
    }
    assert_eq!(desk.balance().await, 100 + applied * MUCH);
    assert!((1..20).contains(&applied), "each wins at times: {applied}");
    desk.book.assert_sound().await;
}

#[tokio::test]
async fn the_request_made_plainly_beside_its_approval_happens_once() {
    let desk = Desk::open().await;
    let other = desk.book.node().await;
    for number in 10..20 {
        // Small enough to be accepted alone.
        let approval = desk.proposed(number, credit("anna", 1)).await;
        let plain = other.submit(asked(&desk.layla, number, credit("anna", 1)));
        let (approved, plain) = futures::join!(desk.approve(&approval), plain);
        assert!(approved.unwrap().is_accepted() && plain.unwrap().is_accepted());
        assert_eq!(desk.standing(&approval).await, Standing::Applied);
    }
    assert_eq!(desk.balance().await, 110);
}

#[tokio::test]
async fn proposals_are_listed_by_what_became_of_them_page_by_page() {
    let desk = Desk::open().await;
    let mut all = Vec::new();
    for number in 10..15 {
        all.push(desk.proposed(number, credit("anna", MUCH)).await.id);
        desk.pass(1);
    }
    let list = async |standing, after, size| {
        let (found, next) =
            approvals::list(&desk.node, Page { standing, after, size }).await.unwrap();
        (found.iter().map(|one| one.id).collect::<Vec<_>>(), next)
    };
    approvals::approve(&desk.node, all[1], &desk.omar, told()).await.unwrap();
    approvals::reject(&desk.node, all[3], &desk.omar, &no(), "{}").await.unwrap();
    let (first, next) = list(Some(Standing::Open), None, 2).await;
    assert_eq!(first, [all[0], all[2]]);
    let (rest, next) = list(Some(Standing::Open), next, 2).await;
    assert_eq!((rest, next), (vec![all[4]], None));
    assert_eq!(list(Some(Standing::Applied), None, 9).await.0, [all[1]]);
    assert_eq!(list(Some(Standing::Rejected), None, 9).await.0, [all[3]]);
    assert_eq!(list(None, None, 9).await.0, all);
    desk.pass(8 * DAY);
    assert!(list(Some(Standing::Open), None, 9).await.0.is_empty());
    assert_eq!(list(Some(Standing::Expired), None, 9).await.0, [all[0], all[2], all[4]]);
}

#[tokio::test]
async fn personal_data_that_a_proposal_names_is_kept_as_long_as_it_is_open() {
    let desk = Desk::open().await;
    let (vault, customer) = (Vault::new([9; 32]), customer("anna"));
    let mut conn = desk.node.pool().acquire().await.unwrap();
    let mut references = Vec::new();
    for number in [1, 2] {
        let id = PersonalDataId::new(Uuid::from_u64_pair(7, number));
        let stream = StreamKey::Order(order(number));
        let content = b"Sara, Basra".as_slice();
        let new = NewPersonal { id, customer: &customer, stream, kind: "recipient", content };
        let now = desk.node.clock().now();
        references.push(personal::store(&mut conn, &vault, BOOK, &new, now).await.unwrap());
    }
    let mut command = by_wallet(1, "anna", 80);
    let Command::PlaceOrder(place) = &mut command else { panic!("{command:?}") };
    place.recipient = Some(references[0].clone());
    let approval = desk.proposed(2, command).await;
    assert!(!approval.commands.contains("Sara") && !approval.would.contains("Sara"));

    desk.pass(6 * DAY);
    let now = desk.node.clock().now();
    assert_eq!(personal::sweep(&mut conn, BOOK, now).await.unwrap(), 1, "the unnamed one");
    assert!(desk.approve(&approval).await.unwrap().is_accepted());
    desk.pass(6 * DAY);
    let now = desk.node.clock().now();
    assert_eq!(personal::sweep(&mut conn, BOOK, now).await.unwrap(), 0, "an event names it");
}

#[tokio::test]
async fn a_proposal_that_is_approved_during_the_sweep_loses_nothing() {
    let desk = Desk::open().await;
    let (vault, customer) = (Vault::new([9; 32]), customer("anna"));
    let mut conn = desk.node.pool().acquire().await.unwrap();
    let id = PersonalDataId::new(Uuid::from_u64_pair(7, 1));
    let (stream, content) = (StreamKey::Order(order(1)), b"Sara, Basra".as_slice());
    let new = NewPersonal { id, customer: &customer, stream, kind: "recipient", content };
    let stored = personal::store(&mut conn, &vault, BOOK, &new, desk.node.clock().now()).await;
    let mut command = by_wallet(1, "anna", 80);
    let Command::PlaceOrder(place) = &mut command else { panic!("{command:?}") };
    place.recipient = Some(stored.unwrap());
    let approval = desk.proposed(2, command).await;
    desk.pass(6 * DAY);

    // The sweep stops between its two steps, for as long as the test holds the lock.
    let mut superuser = desk.book.superuser().await;
    let stop = "create function public.stop() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(77); return null; end $$;
        create trigger stop after update on daftar.personal_data
        for each statement execute function public.stop();
        select pg_advisory_lock(77)";
    sqlx::raw_sql(stop).execute(&mut superuser).await.unwrap();
    let now = desk.node.clock().now();
    let mut sweep = tokio::task::JoinSet::new();
    sweep.spawn(async move { personal::sweep(&mut conn, BOOK, now).await.unwrap() });
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and objid = 77
        and not granted and database = (select oid from pg_database where datname = current_database())";
    for round in 0.. {
        assert!(round < 500, "the sweep never got to its second step");
        if sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut superuser).await.unwrap() == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(desk.approve(&approval).await.unwrap().is_accepted());
    sqlx::query("select pg_advisory_unlock(77)").execute(&mut superuser).await.unwrap();

    assert_eq!(sweep.join_next().await.unwrap().unwrap(), 0);
    let mut conn = desk.node.pool().acquire().await.unwrap();
    assert_eq!(personal::read_text(&mut conn, &vault, BOOK, id).await.unwrap(), "Sara, Basra");
}

#[tokio::test]
async fn a_wallet_that_is_paid_by_two_proposals_is_never_negative() {
    let desk = Desk::open().await;
    let (one, two) = (
        desk.proposed(2, by_wallet(1, "anna", 80)).await,
        desk.proposed(3, by_wallet(2, "anna", 80)).await,
    );
    let (first, second) = futures::join!(desk.approve(&one), desk.approve(&two));
    let accepted =
        [first, second].into_iter().filter(|answer| answer.as_ref().unwrap().is_accepted());
    assert_eq!(accepted.count(), 1);
    let states = desk.book.assert_sound().await;
    let state = &states[&StreamKey::Wallet(wallet("anna"))];
    assert!(matches!(state, domain::State::Wallet(Wallet::Open(_))));
    assert_eq!(desk.balance().await, 20);
}
