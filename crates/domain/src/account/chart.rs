//! The chart of accounts, for people: what each is called, what kind it is, what it is kept by.

/// An account of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartAccount {
    pub code: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    /// What each of its items is about; none for an account that is one sum.
    pub kept_by: Option<&'static str>,
    pub holds: &'static str,
}

/// What a balance of an account means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Asset,
    Liability,
    Equity,
    Income,
    Expense,
    Suspense,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
            Self::Suspense => "suspense",
        }
    }
}

const fn account(
    code: &'static str,
    name: &'static str,
    kind: Kind,
    kept_by: Option<&'static str>,
    holds: &'static str,
) -> ChartAccount {
    ChartAccount { code, name, kind, kept_by, holds }
}

/// Every account there is, by its code.
pub const CHART: [ChartAccount; 21] = [
    account("1010", "bank", Kind::Asset, Some("bank account"), "what the bank has confirmed"),
    account(
        "1020",
        "bank clearing",
        Kind::Asset,
        Some("payment"),
        "transfers that finance believes and the bank has not confirmed yet",
    ),
    account(
        "1030",
        "gateway clearing",
        Kind::Asset,
        Some("payment"),
        "what gateways took and have not paid out to us yet",
    ),
    account("1040", "cash", Kind::Asset, Some("payment"), "cash in the till"),
    account(
        "1100",
        "customer receivable",
        Kind::Asset,
        Some("customer"),
        "what customers owe the shop",
    ),
    account(
        "2100",
        "customer wallets",
        Kind::Liability,
        Some("wallet"),
        "what customers may spend",
    ),
    account(
        "2120",
        "unallocated payments",
        Kind::Liability,
        Some("payment"),
        "money that came in and has no order or wallet yet",
    ),
    account(
        "2200",
        "order prepayments",
        Kind::Liability,
        Some("order"),
        "what an order has been paid, until it is delivered or given back",
    ),
    account(
        "2300",
        "payouts",
        Kind::Liability,
        Some("request"),
        "what is to be paid out to customers' banks",
    ),
    account("2400", "tax payable", Kind::Liability, None, "what is owed to the state"),
    account(
        "3900",
        "opening balances",
        Kind::Equity,
        Some("wallet or order"),
        "what was taken over from the old system",
    ),
    account("4010", "sales", Kind::Income, Some("order"), "goods, recognised at delivery"),
    account(
        "4020",
        "delivery fees",
        Kind::Income,
        Some("order"),
        "delivery, recognised at delivery",
    ),
    account(
        "4030",
        "surcharges",
        Kind::Income,
        Some("order"),
        "surcharges, recognised at delivery",
    ),
    account(
        "4090",
        "returns",
        Kind::Income,
        Some("order"),
        "what came back after it was sold; lessens sales",
    ),
    account("4095", "discounts", Kind::Income, Some("order"), "what was let off; lessens sales"),
    account("5010", "bank fees", Kind::Expense, None, "what banks and gateways kept"),
    account("5020", "goodwill", Kind::Expense, None, "what the shop gave away"),
    account("5030", "write-offs", Kind::Expense, None, "debts and differences that were given up"),
    account("5040", "rounding", Kind::Expense, None, "settlement units and forgiven shortfalls"),
    account(
        "9010",
        "suspense",
        Kind::Suspense,
        Some("item"),
        "what nobody has explained yet; each item must return to 0",
    ),
];
