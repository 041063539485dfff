//! What can be wrong with the log, the head, the decisions and the saved states.

use projections::Check;

use super::cell::{Cell, Force, Kind, Outcome};

const BEFORE_HEAD: &str = "(select position from before.books where book_id = 1)";

pub(super) fn cells() -> Vec<Cell> {
    [events(), head(), live(), commands(), snapshots()].concat()
}

fn cell(place: &'static str, kind: Kind, what: &str, outcome: Outcome) -> Cell {
    Cell { kind, place, what: what.to_owned(), outcome }
}

fn force(tables: &[&'static str], sql: impl Into<String>) -> Force {
    Force { tables: tables.to_vec(), sql: sql.into() }
}

fn found(tables: &[&'static str], sql: impl Into<String>, checks: &[Check]) -> Outcome {
    Outcome::Found { force: force(tables, sql), checks: checks.to_vec() }
}

fn refused(tables: &[&'static str], sql: impl Into<String>, by: &'static str) -> Outcome {
    Outcome::Refused { force: force(tables, sql), by }
}

fn harmless(tables: &[&'static str], sql: impl Into<String>, why: &'static str) -> Outcome {
    Outcome::Harmless { force: force(tables, sql), why }
}

fn unseen(tables: &[&'static str], sql: impl Into<String>, why: &'static str) -> Outcome {
    Outcome::Unseen { force: force(tables, sql), why }
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn events() -> Vec<Cell> {
    const E: &[&str] = &["events"];
    let place = "events";
    let goodwill = "(select min(position) from daftar.events
                      where book_id = 1 and payload::text like '%it came late%')";
    let middle = "(select position / 2 from daftar.books where book_id = 1)";
    let last = "(select position from daftar.books where book_id = 1)";
    let chain = "jsonb_build_object('check', 'chain', 'position', position)";
    vec![
        cell(
            place,
            Kind::BytesFlipped,
            "one bit of a letter in a payload",
            found(
                E,
                format!(
                    "update daftar.events
                        set payload = replace(payload::text, 'it came late', 'it came latd')::json
                      where book_id = 1 and position = {goodwill} returning {chain}"
                ),
                &[Check::Chain, Check::Column],
            ),
        ),
        cell(
            place,
            Kind::BytesFlipped,
            "one bit of a hash",
            found(
                E,
                format!(
                    "update daftar.events set hash = set_bit(hash, 9, 1 - get_bit(hash, 9))
                      where book_id = 1 and position = {middle} returning {chain}"
                ),
                &[Check::Chain],
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "when it took effect",
            found(
                E,
                format!(
                    "update daftar.events set effective_at = effective_at - interval '1 day'
                      where book_id = 1 and position = {goodwill} returning {chain}"
                ),
                &[Check::Chain, Check::Column],
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "the number of an order",
            found(
                E,
                "update daftar.events
                    set payload = replace(payload::text, '\"number\":\"M', '\"number\":\"N')::json
                  where book_id = 1 and position = (select min(position) from daftar.events
                          where book_id = 1 and event_type = 'placed')
                 returning jsonb_build_object('check', 'number', 'position', position)",
                &[Check::Chain, Check::Column, Check::Number],
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "the decision that it came from",
            found(
                E,
                format!(
                    "update daftar.events
                        set command_id = '00000000-0000-0000-0000-0000000000ff'
                      where book_id = 1 and position = {goodwill} returning {chain}"
                ),
                &[Check::Chain, Check::Command],
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "a payload, with all the hashes after it and the head's made anew",
            Outcome::Elsewhere { checks: vec![Check::Column] },
        ),
        cell(
            place,
            Kind::RowChanged,
            "a payload that no rule allows: its stream is quarantined",
            Outcome::Elsewhere { checks: vec![Check::Chain, Check::Quarantined] },
        ),
        cell(
            place,
            Kind::RowDeleted,
            "one in the middle",
            found(
                E,
                "delete from daftar.events
                      where book_id = 1 and position = (select max(position) from daftar.events
                              where book_id = 1 and event_type = 'released')
                      returning jsonb_build_object('check', 'chain', 'position', position)",
                &[Check::Chain, Check::ExtraRow, Check::Column, Check::Command],
            ),
        ),
        cell(
            place,
            Kind::RowDeleted,
            "the last one",
            found(
                E,
                format!(
                    "delete from daftar.events where book_id = 1 and position = {last}
                      returning jsonb_build_object('check', 'head', 'column', 'position',
                                  'found', position::text)"
                ),
                &[
                    Check::Head,
                    Check::ExtraRow,
                    Check::Column,
                    Check::AccountBalance,
                    Check::CommandPosition,
                ],
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "one after the head",
            found(
                E,
                format!(
                    "insert into daftar.events
                     select (jsonb_populate_record(null::daftar.events,
                               jsonb_build_object('position', position + 1,
                                 'sequence', 99999, 'hash', hash, 'payload', payload,
                                 'metadata', metadata)
                               || (to_jsonb(o) - '{{position,sequence,hash,payload,metadata}}'::text[]))).*
                       from daftar.events as o where book_id = 1 and position = {last}
                     returning jsonb_build_object('check', 'head', 'column', 'position',
                                 'expected', position::text)"
                ),
                &[Check::Head, Check::Quarantined],
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "one in the middle",
            refused(
                E,
                format!(
                    "insert into daftar.events
                     select book_id, position + 1, aggregate_type, aggregate_id, 99999, event_id,
                            event_type, event_version, payload, metadata, recorded_at, effective_at,
                            command_id, hash
                       from daftar.events where book_id = 1 and position = {middle}"
                ),
                "events_pkey",
            ),
        ),
        cell(
            place,
            Kind::RowsSwapped,
            "two neighbours, each at the other's position",
            found(
                E,
                format!(
                    "create temporary table two on commit drop as
                       select * from daftar.events
                        where book_id = 1 and position in ({middle}, {middle} + 1);
                     delete from daftar.events
                      where book_id = 1 and position in ({middle}, {middle} + 1);
                     update two set position = {middle} * 2 + 1 - position;
                     insert into daftar.events select * from two
                     returning jsonb_build_object('check', 'chain', 'position', position)"
                ),
                &[
                    Check::Chain,
                    Check::MissingRow,
                    Check::ExtraRow,
                    Check::Column,
                    Check::Command,
                    Check::CommandPosition,
                ],
            ),
        ),
        cell(
            place,
            Kind::RowStale,
            "the log and its head as they once were",
            found(
                &["events", "books"],
                format!(
                    "delete from daftar.events where book_id = 1 and position > {BEFORE_HEAD};
                     update daftar.books as t
                        set position = o.position, hash = o.hash, revision = o.revision,
                            recorded_at = o.recorded_at
                       from before.books as o where o.book_id = 1 and t.book_id = 1
                     returning jsonb_build_object('check', 'extra_row', 'view', 'timeline')"
                ),
                &[
                    Check::Head,
                    Check::MissingRow,
                    Check::ExtraRow,
                    Check::Column,
                    Check::Snapshot,
                    Check::AccountBalance,
                    Check::CommandPosition,
                ],
            ),
        ),
        cell(
            place,
            Kind::RowStale,
            "a single one",
            Outcome::CannotBe { why: "an event is written once, so that none was ever another" },
        ),
        cell(
            place,
            Kind::RowDuplicated,
            "the same one again, at the end",
            refused(
                E,
                format!(
                    "insert into daftar.events
                     select book_id, {last} + 1, aggregate_type, aggregate_id, sequence, event_id,
                            event_type, event_version, payload, metadata, recorded_at, effective_at,
                            command_id, hash
                       from daftar.events where book_id = 1 and position = {middle}"
                ),
                "events_stream_sequence_key",
            ),
        ),
        cell(
            place,
            Kind::RowDuplicated,
            "the same one again, at its own position",
            refused(
                E,
                format!(
                    "insert into daftar.events
                     select * from daftar.events where book_id = 1 and position = {middle}"
                ),
                "events_pkey",
            ),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn head() -> Vec<Cell> {
    const H: &[&str] = &["books"];
    let place = "head";
    let set = |column: &str, to: &str| {
        found(
            H,
            format!(
                "update daftar.books set {column} = {to} where book_id = 1
                 returning jsonb_build_object('check', 'head', 'column', '{column}')"
            ),
            &[Check::Head],
        )
    };
    vec![
        cell(
            place,
            Kind::BytesFlipped,
            "one bit of its hash",
            set("hash", "set_bit(hash, 9, 1 - get_bit(hash, 9))"),
        ),
        cell(place, Kind::RowChanged, "its position", set("position", "position + 1")),
        cell(
            place,
            Kind::RowChanged,
            "its revision, to an earlier one",
            set("revision", "revision - 1"),
        ),
        cell(
            place,
            Kind::RowChanged,
            "its revision, to a later one",
            harmless(
                H,
                "update daftar.books set revision = revision + 1 where book_id = 1
                 returning jsonb_build_object('check', 'head')",
                "the next batch gets the next number after it, as after a rebuild's switch",
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "its time",
            set("recorded_at", "recorded_at + interval '1 s'"),
        ),
        cell(
            place,
            Kind::RowChanged,
            "its uuid, with which the chain begins",
            set("uuid", "'00000000-0000-0000-0000-0000000000ff'"),
        ),
        cell(
            place,
            Kind::RowChanged,
            "its set of folds",
            found(
                H,
                "update daftar.books set fold_set = replace(fold_set, 'timeline:', 'timelin:')
                  where book_id = 1 returning jsonb_build_object('check', 'fold_set')",
                &[Check::FoldSet],
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "its name for people",
            harmless(
                H,
                "update daftar.books set name = 'another' where book_id = 1
                 returning jsonb_build_object('check', 'head')",
                "a name is what people call the book; it stands nowhere else",
            ),
        ),
        cell(
            place,
            Kind::RowDeleted,
            "it is gone, and its live projections with it",
            Outcome::NoBook {
                force: force(
                    &["book_projections", "books"],
                    "delete from daftar.book_projections where book_id = 1;
                     delete from daftar.books where book_id = 1",
                ),
            },
        ),
        cell(
            place,
            Kind::RowDeleted,
            "it alone",
            refused(
                H,
                "delete from daftar.books where book_id = 1",
                "book_projections_book_id_fkey",
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "the head of another book",
            harmless(
                H,
                "insert into daftar.books
                 select 3, '00000000-0000-0000-0000-0000000000ff', 'another', 0, 0, hash,
                        recorded_at, fold_set, min_reader, writer_format
                   from daftar.books where book_id = 1
                 returning jsonb_build_object('check', 'head')",
                "it is a book of its own, and verified as such",
            ),
        ),
        cell(
            place,
            Kind::RowsSwapped,
            "the heads of two books",
            found(
                H,
                "update daftar.books as t
                    set uuid = o.uuid, revision = o.revision, position = o.position, hash = o.hash,
                        recorded_at = o.recorded_at
                   from daftar.books as o
                  where t.book_id in (1, 2) and o.book_id = 3 - t.book_id
                 returning jsonb_build_object('check', 'head', 'column', 'uuid')",
                &[
                    Check::Head,
                    Check::ExtraRow,
                    Check::AccountBalance,
                    Check::Command,
                    Check::CommandPosition,
                ],
            ),
        ),
        cell(
            place,
            Kind::RowStale,
            "as it once was",
            found(
                H,
                "update daftar.books as t
                    set revision = o.revision, position = o.position, hash = o.hash,
                        recorded_at = o.recorded_at
                   from before.books as o where o.book_id = 1 and t.book_id = 1
                 returning jsonb_build_object('check', 'head', 'column', 'position')",
                &[Check::Head, Check::ExtraRow, Check::AccountBalance, Check::CommandPosition],
            ),
        ),
        cell(
            place,
            Kind::RowDuplicated,
            "the same once more",
            refused(
                H,
                "insert into daftar.books select * from daftar.books where book_id = 1",
                "books_pkey",
            ),
        ),
    ]
}

/// Which generation of each view is live: a part of the head.
fn live() -> Vec<Cell> {
    const L: &[&str] = &["book_projections"];
    let place = "live projections";
    let of = "book_id = 1 and name = 'payments'";
    vec![
        cell(
            place,
            Kind::BytesFlipped,
            "one bit of a generation",
            found(
                L,
                format!(
                    "update daftar.book_projections set generation = generation # 4 where {of}
                     returning jsonb_build_object('check', 'generation', 'view', 'payments')"
                ),
                &[Check::MissingRow, Check::Generation, Check::AccountBalance],
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "the version of a fold",
            found(
                L,
                format!(
                    "update daftar.book_projections set fold_version = 7 where {of}
                     returning jsonb_build_object('check', 'fold_set')"
                ),
                &[Check::FoldSet],
            ),
        ),
        cell(
            place,
            Kind::RowDeleted,
            "one is gone",
            found(
                L,
                format!(
                    "delete from daftar.book_projections where {of}
                     returning jsonb_build_object('check', 'fold_set')"
                ),
                &[Check::FoldSet, Check::Generation],
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "one that there is no fold for",
            found(
                L,
                "insert into daftar.book_projections values (1, 'shadows', 1, 1)
                 returning jsonb_build_object('check', 'fold_set')",
                &[Check::FoldSet],
            ),
        ),
        cell(
            place,
            Kind::RowsSwapped,
            "the generations of two",
            found(
                L,
                "update daftar.book_projections
                    set generation = case name when 'payments' then 2 else 1 end
                  where book_id = 1 and name in ('payments', 'customer_orders')
                 returning jsonb_build_object('check', 'generation', 'view', name)",
                &[Check::MissingRow, Check::Generation, Check::AccountBalance],
            ),
        ),
        cell(
            place,
            Kind::RowStale,
            "a generation that was replaced since",
            found(
                L,
                "update daftar.book_projections as t set generation = o.generation
                   from before.book_projections as o
                  where t.book_id = 1 and o.book_id = 1 and t.name = 'customer_orders'
                    and o.name = t.name
                 returning jsonb_build_object('check', 'generation', 'view', 'customer_orders')",
                &[Check::MissingRow, Check::Generation],
            ),
        ),
        cell(
            place,
            Kind::RowDuplicated,
            "one twice",
            refused(
                L,
                format!(
                    "insert into daftar.book_projections
                     select book_id, name, 9, fold_version from daftar.book_projections where {of}"
                ),
                "book_projections_pkey",
            ),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn commands() -> Vec<Cell> {
    const C: &[&str] = &["commands"];
    let place = "commands";
    let accepted = "(select ctid from daftar.commands
                      where book_id = 1 and status = 200 and reply is not null
                        and version is not null
                      order by revision desc, command_id limit 1)";
    let told = "jsonb_build_object('check', 'command', 'key', jsonb_build_array(command_id))";
    let set = |what: &str, checks: &[Check]| {
        let sql =
            format!("update daftar.commands set {what} where ctid = {accepted} returning {told}");
        found(C, sql, checks)
    };
    vec![
        cell(
            place,
            Kind::BytesFlipped,
            "one bit of a fingerprint",
            set(
                "fingerprint = set_bit(fingerprint, 9, 1 - get_bit(fingerprint, 9))",
                &[Check::Command],
            ),
        ),
        cell(
            place,
            Kind::BytesFlipped,
            "one letter of a reply",
            set("reply = replace(reply::text, 'position', 'positiom')::json", &[Check::Command]),
        ),
        cell(place, Kind::RowChanged, "the status", set("status = 409", &[Check::Command])),
        cell(
            place,
            Kind::RowChanged,
            "the position of its last event",
            set("position = position - 1", &[Check::Command, Check::CommandPosition]),
        ),
        cell(
            place,
            Kind::RowChanged,
            "a position that there is none of",
            set("position = 99999", &[Check::Command, Check::CommandPosition]),
        ),
        cell(
            place,
            Kind::RowChanged,
            "the version of what it made, with its digest made anew",
            found(
                C,
                format!(
                    "update daftar.commands
                        set version = version + 1,
                            digest = daftar.command_digest_1(book_id, command_id, revision,
                              fingerprint, status, resource, version + 1, position, reply,
                              recorded_at)
                      where ctid = {accepted} returning {told}"
                ),
                &[Check::Command],
            ),
        ),
        cell(
            place,
            Kind::RowChanged,
            "the reply, with its digest made anew",
            unseen(
                C,
                format!(
                    "update daftar.commands
                        set reply = '{{}}',
                            digest = daftar.command_digest_1(book_id, command_id, revision,
                              fingerprint, status, resource, version, position, '{{}}'::json,
                              recorded_at)
                      where ctid = {accepted} returning {told}"
                ),
                "what somebody was answered stands nowhere else; what was done does",
            ),
        ),
        cell(
            place,
            Kind::RowDeleted,
            "one that made events",
            found(
                C,
                format!("delete from daftar.commands where ctid = {accepted} returning {told}"),
                &[Check::Command],
            ),
        ),
        cell(
            place,
            Kind::RowDeleted,
            "one that was refused",
            harmless(
                C,
                format!(
                    "delete from daftar.commands
                      where ctid = (select ctid from daftar.commands
                                     where book_id = 1 and status = 409
                                     order by revision desc, command_id limit 1)
                     returning {told}"
                ),
                "it did nothing: asked again, it is decided anew",
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "another's, under an id of its own",
            found(
                C,
                format!(
                    "insert into daftar.commands
                     select (jsonb_populate_record(null::daftar.commands, to_jsonb(c) - 'reply'
                               || '{{\"command_id\": \"00000000-0000-0000-0000-0000000000ff\"}}')).*
                       from daftar.commands as c where ctid = {accepted}
                     returning {told}"
                ),
                &[Check::Command],
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "one of a version that there never was, with its digest made anew",
            found(
                C,
                format!(
                    "insert into daftar.commands
                     select book_id, '00000000-0000-0000-0000-0000000000ff', revision, fingerprint,
                            status, resource, version + 1000, position, reply, recorded_at,
                            daftar.command_digest_1(book_id,
                              '00000000-0000-0000-0000-0000000000ff', revision, fingerprint,
                              status, resource, version + 1000, position, reply, recorded_at)
                       from daftar.commands where ctid = {accepted}
                     returning {told}"
                ),
                &[Check::Command],
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "the same, with its digest made anew",
            unseen(
                C,
                format!(
                    "insert into daftar.commands
                     select book_id, '00000000-0000-0000-0000-0000000000ff', revision, fingerprint,
                            status, resource, version, position, reply, recorded_at,
                            daftar.command_digest_1(book_id,
                              '00000000-0000-0000-0000-0000000000ff', revision, fingerprint,
                              status, resource, version, position, reply, recorded_at)
                       from daftar.commands where ctid = {accepted}
                     returning {told}"
                ),
                "it reads as one that found things as it wished them, and made no event",
            ),
        ),
        cell(
            place,
            Kind::RowsSwapped,
            "two, each under the other's id",
            found(
                C,
                format!(
                    "create temporary table two on commit drop as
                       select *, coalesce(lead(command_id) over w, lag(command_id) over w) as other
                         from (select * from daftar.commands
                                where book_id = 1 and status = 200 and reply is not null
                                order by revision, command_id limit 2) as c
                       window w as (order by command_id);
                     delete from daftar.commands
                      where book_id = 1 and command_id in (select command_id from two);
                     insert into daftar.commands
                     select book_id, other, revision, fingerprint, status, resource, version,
                            position, reply, recorded_at, digest
                       from two
                     returning {told}"
                ),
                &[Check::Command, Check::CommandPosition],
            ),
        ),
        cell(
            place,
            Kind::RowStale,
            "with the reply that was let go of",
            found(
                C,
                "update daftar.commands as t set reply = o.reply
                       from before.commands as o
                      where t.book_id = 1 and o.book_id = 1 and t.command_id = o.command_id
                        and t.reply is null and o.reply is not null
                        and o.command_id = (select min(command_id::text)::uuid
                                              from before.commands where book_id = 1)
                     returning jsonb_build_object('check', 'command',
                                 'key', jsonb_build_array(t.command_id))",
                &[Check::Command],
            ),
        ),
        cell(
            place,
            Kind::RowDuplicated,
            "the same once more",
            refused(
                C,
                format!(
                    "insert into daftar.commands select * from daftar.commands where ctid = {accepted}"
                ),
                "commands_pkey",
            ),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn snapshots() -> Vec<Cell> {
    const S: &[&str] = &["snapshots"];
    let place = "snapshots";
    let one = "(select ctid from daftar.snapshots where book_id = 1
                 order by aggregate_id limit 1)";
    let told = "jsonb_build_object('check', 'snapshot', 'key', jsonb_build_array(aggregate_id))";
    let set = |what: &str| {
        let sql = format!("update daftar.snapshots set {what} where ctid = {one} returning {told}");
        found(S, sql, &[Check::Snapshot])
    };
    vec![
        cell(
            place,
            Kind::BytesFlipped,
            "one letter of a state",
            set("state = replace(state::text, '\"c-', '\"b-')::json"),
        ),
        cell(
            place,
            Kind::RowChanged,
            "a balance",
            set("state = regexp_replace(state::text,
                   '\"balance\":\\{\"amount\":\"', '\"balance\":{\"amount\":\"9')::json"),
        ),
        cell(
            place,
            Kind::RowDeleted,
            "one is gone",
            harmless(
                S,
                format!("delete from daftar.snapshots where ctid = {one} returning {told}"),
                "it only saves time: its stream is read from the beginning",
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "of a stream that there is none of",
            found(
                S,
                format!(
                    "insert into daftar.snapshots
                     select book_id, aggregate_type, '00000000-0000-0000-0000-0000000000ff',
                            sequence, format, state
                       from daftar.snapshots where ctid = {one}
                     returning {told}"
                ),
                &[Check::Snapshot],
            ),
        ),
        cell(
            place,
            Kind::RowAdded,
            "beyond the end of its stream",
            set("sequence = sequence + 100000"),
        ),
        cell(
            place,
            Kind::RowsSwapped,
            "the states of two streams",
            found(
                S,
                "update daftar.snapshots as t set state = o.state
                       from kept.snapshots as o, (select array_agg(aggregate_id) as ids
                              from (select aggregate_id from daftar.snapshots where book_id = 1
                                     order by aggregate_id limit 2) as s) as two
                      where t.book_id = 1 and o.book_id = 1 and o.aggregate_id <> t.aggregate_id
                        and t.aggregate_id = any(two.ids) and o.aggregate_id = any(two.ids)
                     returning jsonb_build_object('check', 'snapshot',
                                 'key', jsonb_build_array(t.aggregate_id))",
                &[Check::Snapshot],
            ),
        ),
        cell(
            place,
            Kind::RowStale,
            "an older state, as if it were of now",
            found(
                S,
                "update daftar.snapshots as t set state = o.state
                   from before.snapshots as o
                  where t.book_id = 1 and o.book_id = 1 and t.aggregate_id = o.aggregate_id
                    and o.sequence < t.sequence
                 returning jsonb_build_object('check', 'snapshot',
                             'key', jsonb_build_array(t.aggregate_id))",
                &[Check::Snapshot],
            ),
        ),
        cell(
            place,
            Kind::RowStale,
            "an older state, as what it is",
            harmless(
                S,
                "delete from daftar.snapshots as t using before.snapshots as o
                  where t.book_id = 1 and o.book_id = 1 and t.aggregate_id = o.aggregate_id
                    and o.sequence < t.sequence;
                 insert into daftar.snapshots
                 select * from before.snapshots as o where o.book_id = 1
                 on conflict do nothing
                 returning jsonb_build_object('check', 'snapshot')",
                "it is true, and the events after it are read",
            ),
        ),
        cell(
            place,
            Kind::RowDuplicated,
            "the same once more",
            refused(
                S,
                format!(
                    "insert into daftar.snapshots select * from daftar.snapshots where ctid = {one}"
                ),
                "snapshots_pkey",
            ),
        ),
    ]
}
