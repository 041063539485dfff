//! The table of who may do what, as `docs/access.md` has it.

use std::path::Path;

/// The roles, in the order of the columns.
pub(super) const ROLES: [&str; 6] =
    ["client", "finance", "warehouse", "logistics", "auditor", "admin"];

/// Whether a role is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    Yes,
    No,
    /// For what the role could have asked for itself.
    Some,
}

/// What a key gets that is limited to some customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limited {
    Own,
    Part,
    All,
    No,
}

#[derive(Debug)]
pub(super) struct Row {
    /// Method and path.
    pub(super) route: String,
    pub(super) needs: Vec<String>,
    pub(super) roles: Vec<May>,
    pub(super) limited: Limited,
    /// The code for what is not there.
    pub(super) not_there: Option<String>,
}

impl Row {
    pub(super) fn may(&self, role: &str) -> May {
        match ROLES.iter().position(|known| *known == role) {
            Some(index) => self.roles[index],
            // A gateway.
            None if self.needs.is_empty() => May::Yes,
            None => May::No,
        }
    }
}

pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// What is open to those without a key.
    pub(super) open: Vec<String>,
}

impl Table {
    pub(super) fn read() -> Self {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access.md");
        let page = std::fs::read_to_string(page).unwrap();
        let mut table = Self { rows: Vec::new(), open: Vec::new() };
        for line in page.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            match cells.as_slice() {
                [route, _who] => table.open.push(bare(route)),
                [route, needs, roles @ .., limited, not_there] if roles.len() == ROLES.len() => {
                    table.rows.push(Row {
                        route: bare(route),
                        needs: words(needs),
                        roles: roles.iter().map(|cell| may(cell)).collect(),
                        limited: limits(limited),
                        not_there: words(not_there).pop(),
                    });
                }
                _ => panic!("{line}"),
            }
        }
        table
    }
}

fn bare(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

fn words(cell: &str) -> Vec<String> {
    if cell == "–" { Vec::new() } else { cell.split(" or ").map(bare).collect() }
}

fn may(cell: &str) -> May {
    match cell {
        "yes" => May::Yes,
        "some" => May::Some,
        "–" => May::No,
        _ => panic!("{cell}"),
    }
}

fn limits(cell: &str) -> Limited {
    match cell {
        "own" => Limited::Own,
        "part" => Limited::Part,
        "all" => Limited::All,
        "no" => Limited::No,
        _ => panic!("{cell}"),
    }
}
