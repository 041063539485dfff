//! What can be wrong with a row of a view.

use projections::Check;

use super::cell::{Cell, Force, Kind, Outcome};

/// A view, and what to do to it.
struct View {
    name: &'static str,
    key: &'static [&'static str],
    /// The generation that readers see.
    generation: i32,
    /// A column of which one bit is flipped, and how.
    flipped: (&'static str, &'static str),
    /// A column that is changed, and to what.
    changed: (&'static str, &'static str),
    /// The key of a row that nothing makes.
    added: &'static str,
    /// Which rows the faults are done to.
    rows: &'static str,
    /// What else finds a changed, deleted or added row, whose money does not add up then.
    laws: Laws,
    /// Its rows are written once.
    written_once: bool,
}

#[derive(Default, Clone, Copy)]
struct Laws {
    changed: &'static [Check],
    deleted: &'static [Check],
    added: &'static [Check],
    swapped: &'static [Check],
    stale: &'static [Check],
}

const LAST_LETTER: &str = "overlay({} placing chr(ascii(right({}, 1)) # 1) from length({}))";

const NO_LAWS: Laws = Laws { changed: &[], deleted: &[], added: &[], swapped: &[], stale: &[] };

/// A row of the same money elsewhere: the account does not know it.
const IN_ACCOUNTS: Laws = Laws {
    changed: &[Check::AccountBalance],
    deleted: &[Check::AccountBalance],
    added: &[Check::AccountBalance],
    swapped: &[Check::AccountBalance],
    stale: &[Check::AccountBalance],
};

const NEW_ID: &str = "00000000-0000-0000-0000-0000000000ff";

const VIEWS: [View; 12] = [
    View {
        name: "customer_orders",
        key: &["order_id"],
        generation: 2,
        flipped: ("number", LAST_LETTER),
        changed: ("total", "total + 0.001"),
        added: r#"{"counter": 99999}"#,
        rows: "true",
        laws: NO_LAWS,
        written_once: false,
    },
    View {
        name: "order_management",
        key: &["order_id"],
        generation: 1,
        flipped: ("customer_id", LAST_LETTER),
        changed: ("held", "held + 0.001"),
        added: "{}",
        rows: "held > 0",
        laws: IN_ACCOUNTS,
        written_once: false,
    },
    View {
        name: "wallet_balances",
        key: &["wallet_id"],
        generation: 1,
        flipped: ("customer_id", LAST_LETTER),
        changed: ("balance", "balance + 0.001"),
        added: "{}",
        rows: "balance > 0",
        laws: IN_ACCOUNTS,
        written_once: false,
    },
    View {
        name: "wallet_lines",
        key: &["wallet_id", "sequence"],
        generation: 1,
        flipped: ("source", LAST_LETTER),
        changed: ("amount", "amount + 0.001"),
        added: r#"{"sequence": 99999}"#,
        rows: "true",
        laws: NO_LAWS,
        written_once: true,
    },
    View {
        name: "payments",
        key: &["payment_id"],
        generation: 1,
        flipped: ("kind", LAST_LETTER),
        changed: ("unallocated", "unallocated + 0.001"),
        added: "{}",
        rows: "true",
        laws: Laws {
            changed: &[Check::AccountBalance],
            stale: &[Check::AccountBalance],
            ..NO_LAWS
        },
        written_once: false,
    },
    View {
        name: "journal_lines",
        key: &["position", "line"],
        generation: 1,
        flipped: ("rules", LAST_LETTER),
        changed: ("amount", "amount + 0.001"),
        added: r#"{"line": 99}"#,
        rows: "account = '2120' and side = 'credit'",
        laws: Laws {
            changed: &[Check::AccountBalance, Check::TrialBalance],
            deleted: &[Check::AccountBalance, Check::TrialBalance],
            added: &[Check::AccountBalance, Check::TrialBalance],
            swapped: &[Check::TrialBalance],
            stale: &[],
        },
        written_once: true,
    },
    View {
        name: "timeline",
        key: &["order_id", "position"],
        generation: 1,
        flipped: ("event_type", LAST_LETTER),
        changed: ("recorded_at", "recorded_at + interval '1 s'"),
        added: r#"{"position": 99999}"#,
        rows: "true",
        laws: NO_LAWS,
        written_once: true,
    },
    View {
        name: "imported_orders",
        key: &["order_id"],
        generation: 1,
        flipped: ("stage", LAST_LETTER),
        changed: ("proven", "proven + 0.001"),
        added: "{}",
        rows: "true",
        laws: NO_LAWS,
        written_once: true,
    },
    View {
        name: "deadlines",
        key: &["order_id", "kind"],
        generation: 1,
        flipped: ("set_by", "set_by # 1"),
        changed: ("due_at", "due_at + interval '1 s'"),
        added: "{}",
        rows: "true",
        laws: NO_LAWS,
        written_once: false,
    },
    View {
        name: "wallet_requests",
        key: &["request_id"],
        generation: 1,
        flipped: ("state", LAST_LETTER),
        changed: ("claimed", "claimed + 0.001"),
        added: "{}",
        rows: "claimed is not null",
        laws: NO_LAWS,
        written_once: false,
    },
    View {
        name: "suspense_items",
        key: &["suspense_id"],
        generation: 1,
        flipped: ("owner", LAST_LETTER),
        changed: ("balance", "balance + 0.001"),
        added: "{}",
        rows: "balance <> 0",
        laws: IN_ACCOUNTS,
        written_once: false,
    },
    View {
        name: "statement_lines",
        key: &["line_id"],
        generation: 1,
        flipped: ("line", LAST_LETTER),
        changed: ("amount", "amount + 0.001"),
        added: "{}",
        rows: "true",
        laws: NO_LAWS,
        written_once: false,
    },
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    VIEWS.iter().map(|view| view.name)
}

/// Every kind of fault of every view.
pub(super) fn cells() -> Vec<Cell> {
    VIEWS.iter().flat_map(View::cells).chain(told_by_others()).collect()
}

/// A row of the view in a book that has no events at all; and what must be named.
pub(super) fn in_empty_book(view: &'static str) -> Force {
    let sql = format!(
        "insert into daftar.{view} as t
         select (jsonb_populate_record(null::daftar.{view},
                   to_jsonb(o) || '{{\"book_id\": 3, \"generation\": 1}}')).*
           from (select * from daftar.{view} where book_id = 1 limit 1) as o
         returning jsonb_build_object('check', 'extra_row', 'view', '{view}')"
    );
    Force { tables: vec![view], sql }
}

/// What is special about rows that another stream tells than the one that they stand with.
fn told_by_others() -> Vec<Cell> {
    let timeline = |kind, what: &str, sql: &str, checks: &[Check]| Cell {
        kind,
        place: "timeline",
        what: what.to_owned(),
        outcome: Outcome::Found {
            force: Force { tables: vec!["timeline"], sql: sql.to_owned() },
            checks: checks.to_vec(),
        },
    };
    let outside = |position: &str| Cell {
        kind: Kind::RowAdded,
        place: "journal_lines",
        what: format!("a line at position {position}, where no event is"),
        outcome: Outcome::Found {
            force: Force {
                tables: vec!["journal_lines"],
                sql: format!(
                    "insert into daftar.journal_lines as t
                     select (jsonb_populate_record(null::daftar.journal_lines,
                               to_jsonb(o) || '{{\"position\": {position}}}')).*
                       from (select * from daftar.journal_lines
                              where book_id = 1 and account not in ('2100', '2120', '2200', '9010')
                              order by position desc, line limit 1) as o
                     returning jsonb_build_object('check', 'extra_row', 'view', 'journal_lines',
                                 'position', t.position)"
                ),
            },
            checks: vec![Check::ExtraRow],
        },
    };
    vec![
        timeline(
            Kind::RowDeleted,
            "one that a wallet's event tells",
            "delete from daftar.timeline
              where book_id = 1 and stream_type = 'wallet' and position =
                    (select max(position) from daftar.timeline
                      where book_id = 1 and stream_type = 'wallet')
             returning jsonb_build_object('check', 'missing_row', 'view', 'timeline',
                         'key', jsonb_build_array(order_id), 'position', position)",
            &[Check::MissingRow],
        ),
        timeline(
            Kind::RowChanged,
            "one that a payment's event tells, in another order's story",
            "update daftar.timeline as t
                set order_id = (select max(order_id::text)::uuid from daftar.timeline
                                 where book_id = 1)
              where book_id = 1 and stream_type = 'payment' and position =
                    (select min(position) from daftar.timeline
                      where book_id = 1 and stream_type = 'payment')
             returning jsonb_build_object('check', 'extra_row', 'view', 'timeline',
                         'key', jsonb_build_array(order_id), 'position', position)",
            &[Check::MissingRow, Check::ExtraRow],
        ),
        timeline(
            Kind::RowAdded,
            "one that a wallet's event does not tell, in an order's story",
            "insert into daftar.timeline as t
             select (jsonb_populate_record(null::daftar.timeline,
                       to_jsonb(o) || jsonb_build_object('order_id', other.order_id))).*
               from daftar.timeline as o,
                    (select max(order_id::text) as order_id from daftar.timeline
                      where book_id = 1) as other
              where o.book_id = 1 and o.stream_type = 'wallet' and o.position =
                    (select min(position) from daftar.timeline
                      where book_id = 1 and stream_type = 'wallet')
             returning jsonb_build_object('check', 'extra_row', 'view', 'timeline',
                         'key', jsonb_build_array(t.order_id), 'position', t.position)",
            &[Check::ExtraRow],
        ),
        outside("0"),
        outside("99999"),
        money(
            "order_management",
            "what a completed order holds",
            "update daftar.order_management set held = 1
              where book_id = 1 and phase = 'completed' and order_id =
                    (select min(order_id::text)::uuid from daftar.order_management
                      where book_id = 1 and phase = 'completed')
             returning jsonb_build_object('check', 'finished_order', 'view', 'order_management',
                         'key', jsonb_build_array(order_id), 'found', '1', 'position', position)",
            &[Check::Column, Check::AccountBalance, Check::FinishedOrder],
        ),
        money(
            "journal_lines",
            "what a wallet paid, to more than it had",
            "update daftar.journal_lines set amount = amount * 1000000
              where book_id = 1 and account = '2100' and side = 'debit' and position =
                    (select min(position) from daftar.journal_lines
                      where book_id = 1 and account = '2100' and side = 'debit')
             returning jsonb_build_object('check', 'negative_balance',
                         'key', jsonb_build_array('2100', item), 'position', position)",
            &[Check::Column, Check::TrialBalance, Check::NegativeBalance, Check::AccountBalance],
        ),
    ]
}

/// Money that breaks a law of the books.
fn money(place: &'static str, what: &str, sql: &str, checks: &[Check]) -> Cell {
    let force = Force { tables: vec![place], sql: sql.to_owned() };
    let outcome = Outcome::Found { force, checks: checks.to_vec() };
    Cell { kind: Kind::RowChanged, place, what: what.to_owned(), outcome }
}

impl View {
    fn cells(&self) -> Vec<Cell> {
        let (flipped, changed) = (self.flipped.0, self.changed.0);
        let laws = self.laws;
        let mut cells = vec![
            self.cell(
                Kind::BytesFlipped,
                format!("one bit of `{flipped}`"),
                Self::found(self.set(self.flipped), &[Check::Column], &[]),
            ),
            self.cell(
                Kind::RowChanged,
                format!("another `{changed}`"),
                Self::found(self.set(self.changed), &[Check::Column], laws.changed),
            ),
            self.cell(
                Kind::RowDeleted,
                "a row is gone".to_owned(),
                Self::found(self.delete(), &[Check::MissingRow], laws.deleted),
            ),
            self.cell(
                Kind::RowAdded,
                "a row of a key that no event made".to_owned(),
                Self::found(self.add(), &[Check::ExtraRow], laws.added),
            ),
            self.cell(
                Kind::RowsSwapped,
                "two rows, each under the other's key".to_owned(),
                Self::found(self.swap(), &[Check::Column], laws.swapped),
            ),
            self.cell(
                Kind::RowDuplicated,
                "the same row again".to_owned(),
                Outcome::Refused { force: self.duplicate(self.generation), by: self.primary_key() },
            ),
            self.cell(
                Kind::RowDuplicated,
                "the same row again, in another generation".to_owned(),
                Self::found(self.duplicate(self.generation + 5), &[Check::Generation], &[]),
            ),
        ];
        let stale = if self.written_once {
            Outcome::CannotBe { why: "its rows are written once, so that none was ever another" }
        } else {
            Self::found(self.stale(), &[Check::Column], laws.stale)
        };
        let what = "a row as it was before its stream went on".to_owned();
        cells.push(self.cell(Kind::RowStale, what, stale));
        cells
    }

    fn cell(&self, kind: Kind, what: String, outcome: Outcome) -> Cell {
        Cell { kind, place: self.name, what, outcome }
    }

    fn found(force: Force, checks: &[Check], laws: &[Check]) -> Outcome {
        Outcome::Found { force, checks: [checks, laws].concat() }
    }

    fn force(&self, sql: String) -> Force {
        Force { tables: vec![self.name], sql }
    }

    /// The first keys, or all but so many, of the rows that faults are done to.
    fn victim(&self, skip: u32) -> String {
        let Self { name, rows, .. } = self;
        format!(
            "(select ctid from daftar.{name} where book_id = 1 and {rows}
               order by position, {} offset {skip} limit 1)",
            self.key.join(", ")
        )
    }

    fn key_of(&self, row: &str) -> String {
        let parts = self.key.iter().map(|part| format!("{row}.{part}::text")).collect::<Vec<_>>();
        format!("jsonb_build_array({})", parts.join(", "))
    }

    fn set(&self, (column, to): (&str, &str)) -> Force {
        let (name, to) = (self.name, to.replace("{}", column));
        self.force(format!(
            "with old as (select *, ctid as place from daftar.{name} where ctid = {})
             update daftar.{name} as t set {column} = {} from old where t.ctid = old.place
             returning jsonb_build_object('check', 'column', 'view', '{name}', 'key', {},
                         'column', '{column}', 'position', t.position)",
            self.victim(0),
            to.replace(column, &format!("t.{column}")),
            self.key_of("t"),
        ))
    }

    fn delete(&self) -> Force {
        let name = self.name;
        self.force(format!(
            "delete from daftar.{name} as t where ctid = {}
             returning jsonb_build_object('check', 'missing_row', 'view', '{name}', 'key', {},
                         'position', t.position)",
            self.victim(0),
            self.key_of("t"),
        ))
    }

    fn add(&self) -> Force {
        let name = self.name;
        let id = match self.key[0] {
            "position" => String::new(),
            id => format!(r#"|| '{{"{id}": "{NEW_ID}"}}'"#),
        };
        self.force(format!(
            "insert into daftar.{name} as t
             select (jsonb_populate_record(null::daftar.{name}, to_jsonb(o) || '{}' {id})).*
               from daftar.{name} as o where ctid = {}
             returning jsonb_build_object('check', 'extra_row', 'view', '{name}', 'key', {})",
            self.added,
            self.victim(0),
            self.key_of("t"),
        ))
    }

    /// Deletes two rows and puts each back with the key of the other.
    fn swap(&self) -> Force {
        let name = self.name;
        let keys = self.key.iter().map(|part| format!("'{part}', {{}}.{part}"));
        let key_from = |row: &str| {
            let keys = keys.clone().collect::<Vec<_>>().join(", ").replace("{}", row);
            format!("jsonb_build_object({keys})")
        };
        self.force(format!(
            "create temporary table swapped on commit drop as
               select to_jsonb(a) as a, to_jsonb(b) as b,
                      to_jsonb(a) || {of_b} as first, to_jsonb(b) || {of_a} as second
                 from daftar.{name} as a, daftar.{name} as b
                where a.ctid = {first} and b.ctid = {second};
             delete from daftar.{name} where ctid in ({first}, {second});
             insert into daftar.{name} as t
             select (jsonb_populate_record(null::daftar.{name}, moved)).*
               from swapped, unnest(array[first, second]) as moved
             returning jsonb_build_object('check', 'column', 'view', '{name}', 'key', {key})",
            of_a = key_from("a"),
            of_b = key_from("b"),
            first = self.victim(0),
            second = self.victim(1),
            key = self.key_of("t"),
        ))
    }

    fn duplicate(&self, generation: i32) -> Force {
        let name = self.name;
        self.force(format!(
            "insert into daftar.{name} as t
             select (jsonb_populate_record(null::daftar.{name},
                       to_jsonb(o) || '{{\"generation\": {generation}}}')).*
               from daftar.{name} as o where ctid = {}
             returning jsonb_build_object('check', 'generation', 'view', '{name}')",
            self.victim(0),
        ))
    }

    fn stale(&self) -> Force {
        let name = self.name;
        let same_key: Vec<_> = self.key.iter().map(|part| format!("t.{part} = o.{part}")).collect();
        let same_key = same_key.join(" and ");
        self.force(format!(
            "create temporary table older on commit drop as
               select o.* from before.{name} as o join daftar.{name} as t on {same_key}
                where o.book_id = 1 and t.book_id = 1 and o.position < t.position
                order by o.position limit 1;
             update older set generation = {};
             delete from daftar.{name} as t using older as o where {same_key};
             insert into daftar.{name} as t select * from older
             returning jsonb_build_object('check', 'column', 'view', '{name}', 'key', {},
                         'position', t.position)",
            self.generation,
            self.key_of("t"),
        ))
    }

    fn primary_key(&self) -> &'static str {
        match self.name {
            "customer_orders" => "customer_orders_pkey",
            "order_management" => "order_management_pkey",
            "wallet_balances" => "wallet_balances_pkey",
            "wallet_lines" => "wallet_lines_pkey",
            "payments" => "payments_pkey",
            "journal_lines" => "journal_lines_pkey",
            "timeline" => "timeline_pkey",
            "imported_orders" => "imported_orders_pkey",
            "deadlines" => "deadlines_pkey",
            "wallet_requests" => "wallet_requests_pkey",
            "suspense_items" => "suspense_items_pkey",
            "statement_lines" => "statement_lines_pkey",
            other => panic!("{other} is not a view"),
        }
    }
}
