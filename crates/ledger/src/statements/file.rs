//! Reading a statement's CSV: understood as a whole, or refused with every row and column at fault.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use csv::{ErrorKind, Position, ReaderBuilder, StringRecord};
use domain::id::Code;
use domain::money::{Currency, Money};

/// What the first row says, and every other row holds.
pub const COLUMNS: [&str; 6] = ["account", "line", "date", "amount", "currency", "reference"];
/// How many lines one file may have.
pub const LINES_MAX: usize = 20_000;
/// How many faults are told of.
const FAULTS_MAX: usize = 50;

/// A statement that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementFile {
    pub lines: Vec<FileLine>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// The file's line that it begins in; the header's is 1.
    pub row: u64,
    pub account: Code,
    pub line: Code,
    pub date: NaiveDate,
    pub amount: Money,
    pub reference: Option<Code>,
}

/// What is wrong in one place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub row: u64,
    /// None where the row itself is wrong.
    pub column: Option<&'static str>,
    pub code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    #[error("a statement has at most {LINES_MAX} lines")]
    TooLong,
    #[error("the first row has to be {}", COLUMNS.join(","))]
    Header,
    #[error("{} places of the file are wrong, the first in row {}", .0.len(), .0.first().map_or(0, |fault| fault.row))]
    Faults(Vec<Fault>),
}

impl StatementFile {
    pub fn parse(bytes: &[u8]) -> Result<Self, BadFile> {
        // Spreadsheets write a byte order mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
        if !reader.headers().is_ok_and(|header| header == COLUMNS.as_slice()) {
            return Err(BadFile::Header);
        }
        let (mut lines, mut faults, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut rows = Rows { bytes, at: 0, row: 1 };
        for record in reader.records() {
            if faults.len() >= FAULTS_MAX {
                break;
            }
            if lines.len() >= LINES_MAX {
                return Err(BadFile::TooLong);
            }
            let read = match record {
                Ok(record) => line(&record, rows.row(record.position())),
                Err(error) => Err(vec![unreadable(&error, rows.row(error.position()))]),
            };
            match read {
                Ok(line) if seen.insert((line.account.clone(), line.line.clone())) => {
                    lines.push(line);
                }
                Ok(line) => {
                    faults.push(Fault { row: line.row, column: Some("line"), code: "line-twice" });
                }
                Err(found) => faults.extend(found),
            }
        }
        if faults.is_empty() { Ok(Self { lines }) } else { Err(BadFile::Faults(faults)) }
    }
}

/// Counts the file's lines up to a record. The reader's own count is off by blank lines, and by one
/// after a carriage return.
struct Rows<'a> {
    bytes: &'a [u8],
    at: usize,
    row: u64,
}

impl Rows<'_> {
    fn row(&mut self, position: Option<&Position>) -> u64 {
        let begins = position.and_then(|position| usize::try_from(position.byte()).ok());
        let begins = begins.unwrap_or(self.at).max(self.at);
        while let Some(byte) = self.bytes.get(self.at) {
            if self.at >= begins && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.row = self.row.saturating_add(u64::from(*byte == b'\n'));
            self.at = self.at.saturating_add(1);
        }
        self.row
    }
}

fn unreadable(error: &csv::Error, row: u64) -> Fault {
    let is_text = !matches!(error.kind(), ErrorKind::Utf8 { .. });
    let code = if is_text { "unreadable" } else { "not-utf-8" };
    Fault { row, column: None, code }
}

/// Reads a row, or says everything that is wrong with it.
fn line(record: &StringRecord, row: u64) -> Result<FileLine, Vec<Fault>> {
    let fields: Vec<&str> = record.iter().collect();
    let &[account, name, date, amount, currency, reference] = fields.as_slice() else {
        return Err(vec![Fault { row, column: None, code: "wrong-columns" }]);
    };
    let mut faults = Vec::new();
    let mut wrong =
        |column| faults.push(Fault { row, column: Some(column), code: "invalid-value" });
    let account = Code::new(account).map_err(|_| wrong("account")).ok();
    let name = Code::new(name).map_err(|_| wrong("line")).ok();
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| wrong("date")).ok();
    let currency = Currency::from_code(currency).ok_or_else(|| wrong("currency")).ok();
    let amount = currency
        .and_then(|currency| Money::parse(amount, currency).map_err(|_| wrong("amount")).ok());
    let reference = match reference {
        "" => None,
        text => Code::new(text).map_err(|_| wrong("reference")).ok(),
    };
    match (account, name, date, amount) {
        (Some(account), Some(line), Some(date), Some(amount)) if faults.is_empty() => {
            Ok(FileLine { row, account, line, date, amount, reference })
        }
        _ => Err(faults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "account,line,date,amount,currency,reference\n";

    fn faults(rows: &str) -> Vec<(u64, Option<&'static str>, &'static str)> {
        let refused = StatementFile::parse(format!("{HEADER}{rows}").as_bytes()).unwrap_err();
        let BadFile::Faults(faults) = refused else { panic!("{refused:?}") };
        faults.into_iter().map(|fault| (fault.row, fault.column, fault.code)).collect()
    }

    #[test]
    fn a_file_is_read_as_spreadsheets_write_it() {
        let text = format!(
            "\u{feff}{}rafidain-1,L-1,2025-11-20,\"1250000.500\",IQD,R-1\r\n\r\n\
             rafidain-1,L-2,2025-11-21,-5,IQD,\r\n",
            HEADER.replace('\n', "\r\n")
        );
        let file = StatementFile::parse(text.as_bytes()).unwrap();
        let read: Vec<_> = file
            .lines
            .iter()
            .map(|line| (line.row, line.amount.amount().to_string(), line.reference.is_some()))
            .collect();
        assert_eq!(read, [(2, "1250000.5".to_owned(), true), (4, "-5".to_owned(), false)]);
    }

    #[test]
    fn everything_that_is_wrong_is_named_by_row_and_column() {
        let rows = "a,L-1,2025-11-20,10,IQD,R\n\
                    ,L-2,2025-13-20,1e3,IQD,R\n\
                    a,L-3,2025-11-20,10\n\
                    a,L-1,2025-11-20,10,IQD,R\n\
                    a,L-4,20.11.2025,0.00001,XXQ,R\n";
        assert_eq!(
            faults(rows),
            [
                (3, Some("account"), "invalid-value"),
                (3, Some("date"), "invalid-value"),
                (3, Some("amount"), "invalid-value"),
                (4, None, "wrong-columns"),
                (5, Some("line"), "line-twice"),
                (6, Some("date"), "invalid-value"),
                (6, Some("currency"), "invalid-value"),
            ]
        );
    }

    #[test]
    fn another_header_no_utf_8_and_too_many_lines_are_refused() {
        let header = StatementFile::parse(b"account,date\na,b\n").unwrap_err();
        assert_eq!(header, BadFile::Header);
        assert_eq!(StatementFile::parse(b"").unwrap_err(), BadFile::Header);
        let bytes = [HEADER.as_bytes(), b"a,L-1,2025-11-20,10,IQD,\xff\n"].concat();
        let BadFile::Faults(faults) = StatementFile::parse(&bytes).unwrap_err() else { panic!() };
        assert_eq!(faults, [Fault { row: 2, column: None, code: "not-utf-8" }]);
        let lines = (0..=LINES_MAX).map(|line| format!("a,L-{line},2025-11-20,10,IQD,\n"));
        let long: String = std::iter::once(HEADER.to_owned()).chain(lines).collect();
        assert_eq!(StatementFile::parse(long.as_bytes()).unwrap_err(), BadFile::TooLong);
    }
}
