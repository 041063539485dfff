//! The log as one serial history: each answer is the one that its command gets where the log says
//! that it was decided.

use std::collections::{BTreeMap, VecDeque};

use domain::decide::{Circumstances, Undecided, decide_all};
use domain::memory::Memory;
use domain::{Event, StreamKey};
use eventstore::{CommandRecord, Position, Upcasters};
use ledger::Decided;
use uuid::Uuid;

use super::arena::{Finisher, render};
use crate::book::{BOOK, Book};

const PAGE_SIZE: u32 = 5_000;

/// An event of the log, in the domain's terms.
struct Logged {
    position: Position,
    command_id: Uuid,
    stream: StreamKey,
    event: Event,
}

pub(super) async fn assert_serial(book: &Book, run: &[Vec<Finisher>]) {
    let mut log = VecDeque::from(read(book).await);
    let mut events: BTreeMap<Uuid, usize> = BTreeMap::new();
    for logged in &log {
        *events.entry(logged.command_id).or_default() += 1;
    }
    let records = records(book, run).await;
    let finishers: BTreeMap<Uuid, &Finisher> =
        run.iter().flatten().map(|one| (one.submission.command_id, one)).collect();
    assert_eq!(records.len(), finishers.len(), "every command is recorded");
    for finisher in run.iter().flatten() {
        let record = &records[&finisher.submission.command_id];
        assert_eq!(i16::try_from(finisher.answer.status).unwrap(), record.status);
        assert_eq!(finisher.answer.body, record.reply, "what was answered is what is recorded");
    }

    // Where each was decided: before its first event, or at the head that refused it.
    let mut order: Vec<(i64, i64, &Finisher)> = finishers
        .values()
        .map(|finisher| {
            let id = finisher.submission.command_id;
            let after = records[&id].position.unwrap().get();
            let own = events.get(&id).copied().unwrap_or_default();
            (after - i64::try_from(own).unwrap(), after, *finisher)
        })
        .collect();
    order.sort_by_key(|(before, after, _)| (*before, *after));
    let mut memory = Memory::default();
    for (before, after, finisher) in order {
        while let Some(logged) = log.pop_front_if(|logged| logged.position.get() <= before) {
            memory.evolve(logged.stream, &logged.event);
        }
        let Finisher { name, submission, .. } = finisher;
        let recorded_at = records[&submission.command_id].recorded_at;
        let circumstances = Circumstances { now: recorded_at, second_person: true };
        let again = decide_all(&memory, circumstances, submission.commands.clone());
        let reply = match &again {
            Ok(changes) => {
                let theirs: Vec<(Uuid, StreamKey, &Event)> = changes
                    .iter()
                    .map(|change| (submission.command_id, change.stream, &change.event))
                    .collect();
                let ours: Vec<(Uuid, StreamKey, &Event)> = log
                    .iter()
                    .take_while(|logged| logged.position.get() <= after)
                    .map(|logged| (logged.command_id, logged.stream, &logged.event))
                    .collect();
                assert_eq!(ours, theirs, "what {name} appended after {before}");
                let positions: Vec<Position> = (before + 1..=after).map(Position::new).collect();
                let position = Position::new(after);
                render(&Decided::Accepted { changes, positions: &positions, position, recorded_at })
            }
            Err(Undecided::Refused(rejection)) => {
                assert_eq!(before, after, "{name} is refused at {before}: {rejection}");
                render(&Decided::Refused(rejection))
            }
            Err(Undecided::Missing(what)) => panic!("{name} lacks {what:?}"),
        };
        let answer = &finisher.answer;
        assert_eq!(answer.status, reply.status, "{name} at {before}: {reply:?}");
        assert_eq!(answer.body.as_ref(), Some(&reply.body), "{name} at {before}");
    }
}

async fn read(book: &Book) -> Vec<Logged> {
    let mut conn = book.app().await;
    let mut log = Vec::new();
    let mut at = Position::ZERO;
    loop {
        let page = eventstore::read::after(&mut conn, BOOK, at, PAGE_SIZE).await.unwrap();
        let Some(last) = page.last() else { return log };
        at = last.position;
        for recorded in &page {
            let (stream, event) = projections::decode(recorded, &Upcasters::new()).unwrap();
            let (position, command_id) = (recorded.position, recorded.command_id);
            log.push(Logged { position, command_id, stream, event });
        }
    }
}

async fn records(book: &Book, run: &[Vec<Finisher>]) -> BTreeMap<Uuid, CommandRecord> {
    let ids: Vec<Uuid> = run.iter().flatten().map(|one| one.submission.command_id).collect();
    let records = eventstore::read::commands_by_ids(&mut book.app().await, BOOK, &ids).await;
    records.unwrap().into_iter().map(|record| (record.command_id, record)).collect()
}
