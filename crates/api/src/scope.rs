//! What a role may do: each role is a set of scopes, and a route asks for one of them.

use domain::actor::Role;

/// Scopes as bits, so that a route can name its own in its signature: `Caller<PLACE_ORDERS>`. They
/// are stored with proposals: once released, a bit never gets another meaning.
pub(crate) type Scope = u64;

/// What every key may do.
pub(crate) const ANYTHING: Scope = 0;

pub(crate) const PLACE_ORDERS: Scope = 1;
pub(crate) const READ_ORDERS: Scope = 1 << 1;
pub(crate) const UPLOAD_RECEIPTS: Scope = 1 << 2;
pub(crate) const PAY_FROM_WALLET: Scope = 1 << 3;
pub(crate) const CANCEL_ORDERS: Scope = 1 << 4;
pub(crate) const READ_WALLETS: Scope = 1 << 5;
pub(crate) const DECIDE_RECEIPTS: Scope = 1 << 6;
pub(crate) const RELEASE_ORDERS: Scope = 1 << 7;
pub(crate) const REOPEN_ORDERS: Scope = 1 << 8;
pub(crate) const RECORD_PAYMENTS: Scope = 1 << 9;
pub(crate) const TOP_UP_WALLETS: Scope = 1 << 10;
pub(crate) const READ_MANAGEMENT: Scope = 1 << 11;
pub(crate) const WORK_IN_WAREHOUSE: Scope = 1 << 12;
pub(crate) const WORK_IN_LOGISTICS: Scope = 1 << 13;
pub(crate) const COMPLETE_ORDERS: Scope = 1 << 14;
pub(crate) const READ_AUDIT: Scope = 1 << 15;
pub(crate) const CORRECT_ORDERS: Scope = 1 << 16;
pub(crate) const READ_SETTINGS: Scope = 1 << 17;
pub(crate) const CHANGE_SETTINGS: Scope = 1 << 18;
pub(crate) const READ_KEYS: Scope = 1 << 19;
pub(crate) const MANAGE_KEYS: Scope = 1 << 20;
pub(crate) const READ_INCONSISTENCIES: Scope = 1 << 21;
pub(crate) const FIX_ORDERS: Scope = 1 << 22;
pub(crate) const APPROVE_FIXES: Scope = 1 << 23;
pub(crate) const READ_RECEIPT_FILES: Scope = 1 << 24;
pub(crate) const READ_APPROVALS: Scope = 1 << 25;
/// Agreeing to what someone proposed, or not: as far as the proposed route's own scope goes.
pub(crate) const DECIDE_APPROVALS: Scope = 1 << 26;
pub(crate) const READ_DEADLINES: Scope = 1 << 27;
/// Other lines and charges, before packing.
pub(crate) const EDIT_ORDERS: Scope = 1 << 28;
pub(crate) const TAKE_BACK_GOODS: Scope = 1 << 29;
pub(crate) const REFUND_ORDERS: Scope = 1 << 30;
pub(crate) const LEAVE_ON_ACCOUNT: Scope = 1 << 31;
pub(crate) const ISSUE_DELIVERY_CODES: Scope = 1 << 32;
pub(crate) const READ_DELIVERY_CODES: Scope = 1 << 33;
/// Of one's own department.
pub(crate) const HOLD_ORDERS: Scope = 1 << 34;
/// Top-ups and withdrawals, as the customer asks for them.
pub(crate) const ASK_OF_WALLETS: Scope = 1 << 35;
pub(crate) const READ_WALLET_REQUESTS: Scope = 1 << 36;
pub(crate) const DECIDE_WALLET_REQUESTS: Scope = 1 << 37;
/// Where withdrawn money goes.
pub(crate) const READ_DESTINATIONS: Scope = 1 << 38;
/// Freezing and closing them, and the reverse.
pub(crate) const GOVERN_WALLETS: Scope = 1 << 39;
/// Goodwill, and adjustments against suspense items.
pub(crate) const ADJUST_WALLETS: Scope = 1 << 40;
pub(crate) const CORRECT_WALLETS: Scope = 1 << 41;
pub(crate) const SETTLE_DEBTS: Scope = 1 << 42;
pub(crate) const READ_SUSPENSE: Scope = 1 << 43;
pub(crate) const KEEP_SUSPENSE: Scope = 1 << 44;
pub(crate) const READ_PAYMENTS: Scope = 1 << 45;
/// Taking back money that does not exist.
pub(crate) const REVERSE_PAYMENTS: Scope = 1 << 46;
pub(crate) const CORRECT_PAYMENTS: Scope = 1 << 47;
pub(crate) const READ_STATEMENTS: Scope = 1 << 48;
/// Recording what the banks say, and matching it with payments.
pub(crate) const KEEP_STATEMENTS: Scope = 1 << 49;
/// Reading and following the whole log.
pub(crate) const FOLLOW_EVENTS: Scope = 1 << 50;
pub(crate) const READ_WEBHOOKS: Scope = 1 << 51;
pub(crate) const MANAGE_WEBHOOKS: Scope = 1 << 52;
/// Rebuilds and verifications, and how the views stand.
pub(crate) const READ_JOBS: Scope = 1 << 53;
/// Writing views anew from the events.
pub(crate) const REBUILD: Scope = 1 << 54;
/// Having everything compared with the events.
pub(crate) const VERIFY: Scope = 1 << 55;
/// Seeing any state as it was.
pub(crate) const REPLAY: Scope = 1 << 56;
pub(crate) const READ_ALERTS: Scope = 1 << 57;
/// Seeing to what one's own department owns.
pub(crate) const ACKNOWLEDGE_ALERTS: Scope = 1 << 58;
const ALL: Scope = (1 << 59) - 1;

/// What finance may do: nearly everything that has to do with money.
const OF_FINANCE: Scope = READ_ORDERS
    | UPLOAD_RECEIPTS
    | READ_RECEIPT_FILES
    | PAY_FROM_WALLET
    | CANCEL_ORDERS
    | READ_WALLETS
    | READ_AUDIT
    | FOLLOW_EVENTS
    | DECIDE_RECEIPTS
    | RELEASE_ORDERS
    | REOPEN_ORDERS
    | EDIT_ORDERS
    | REFUND_ORDERS
    | LEAVE_ON_ACCOUNT
    | ISSUE_DELIVERY_CODES
    | HOLD_ORDERS
    | RECORD_PAYMENTS
    | READ_PAYMENTS
    | REVERSE_PAYMENTS
    | CORRECT_PAYMENTS
    | READ_STATEMENTS
    | KEEP_STATEMENTS
    | TOP_UP_WALLETS
    | READ_WALLET_REQUESTS
    | DECIDE_WALLET_REQUESTS
    | READ_DESTINATIONS
    | GOVERN_WALLETS
    | ADJUST_WALLETS
    | CORRECT_WALLETS
    | SETTLE_DEBTS
    | READ_SUSPENSE
    | KEEP_SUSPENSE
    | READ_MANAGEMENT
    | READ_SETTINGS
    | READ_INCONSISTENCIES
    | READ_DEADLINES
    | APPROVE_FIXES
    | READ_APPROVALS
    | DECIDE_APPROVALS
    | READ_JOBS
    | VERIFY
    | REPLAY
    | READ_ALERTS
    | ACKNOWLEDGE_ALERTS;

pub(crate) fn of(role: Role) -> Scope {
    match role {
        Role::Client => {
            PLACE_ORDERS
                | READ_ORDERS
                | UPLOAD_RECEIPTS
                | READ_RECEIPT_FILES
                | PAY_FROM_WALLET
                | CANCEL_ORDERS
                | EDIT_ORDERS
                | READ_DELIVERY_CODES
                | READ_WALLETS
                | ASK_OF_WALLETS
                | READ_SETTINGS
        }
        // A gateway proves itself by a signature, and no key of its role opens anything.
        Role::Gateway => 0,
        Role::Finance => OF_FINANCE,
        Role::Warehouse => {
            READ_ORDERS
                | READ_MANAGEMENT
                | WORK_IN_WAREHOUSE
                | TAKE_BACK_GOODS
                | HOLD_ORDERS
                | DECIDE_APPROVALS
                | READ_ALERTS
                | ACKNOWLEDGE_ALERTS
        }
        Role::Logistics => {
            READ_ORDERS
                | READ_MANAGEMENT
                | WORK_IN_LOGISTICS
                | COMPLETE_ORDERS
                | TAKE_BACK_GOODS
                | HOLD_ORDERS
                | DECIDE_APPROVALS
                | READ_ALERTS
                | ACKNOWLEDGE_ALERTS
        }
        Role::Auditor => {
            READ_ORDERS
                | READ_RECEIPT_FILES
                | READ_WALLETS
                | READ_WALLET_REQUESTS
                | READ_SUSPENSE
                | READ_PAYMENTS
                | READ_STATEMENTS
                | READ_MANAGEMENT
                | READ_AUDIT
                | FOLLOW_EVENTS
                | READ_WEBHOOKS
                | READ_SETTINGS
                | READ_KEYS
                | READ_INCONSISTENCIES
                | READ_DEADLINES
                | READ_APPROVALS
                | READ_JOBS
                | VERIFY
                | REPLAY
                | READ_ALERTS
        }
        Role::Admin => ALL,
    }
}

/// Whether one who has these scopes may give a role: nobody can grant what they lack.
pub(crate) fn may_grant(own: Scope, role: Role) -> bool {
    of(role) & !own == 0
}

/// What each scope is called outside.
const NAMES: &[(Scope, &str)] = &[
    (PLACE_ORDERS, "place_orders"),
    (READ_ORDERS, "read_orders"),
    (UPLOAD_RECEIPTS, "upload_receipts"),
    (PAY_FROM_WALLET, "pay_from_wallet"),
    (CANCEL_ORDERS, "cancel_orders"),
    (READ_WALLETS, "read_wallets"),
    (DECIDE_RECEIPTS, "decide_receipts"),
    (RELEASE_ORDERS, "release_orders"),
    (REOPEN_ORDERS, "reopen_orders"),
    (RECORD_PAYMENTS, "record_payments"),
    (TOP_UP_WALLETS, "top_up_wallets"),
    (READ_MANAGEMENT, "read_management"),
    (WORK_IN_WAREHOUSE, "work_in_warehouse"),
    (WORK_IN_LOGISTICS, "work_in_logistics"),
    (COMPLETE_ORDERS, "complete_orders"),
    (READ_AUDIT, "read_audit"),
    (CORRECT_ORDERS, "correct_orders"),
    (READ_SETTINGS, "read_settings"),
    (CHANGE_SETTINGS, "change_settings"),
    (READ_KEYS, "read_keys"),
    (MANAGE_KEYS, "manage_keys"),
    (READ_INCONSISTENCIES, "read_inconsistencies"),
    (FIX_ORDERS, "fix_orders"),
    (APPROVE_FIXES, "approve_fixes"),
    (READ_RECEIPT_FILES, "read_receipt_files"),
    (READ_APPROVALS, "read_approvals"),
    (DECIDE_APPROVALS, "decide_approvals"),
    (READ_DEADLINES, "read_deadlines"),
    (EDIT_ORDERS, "edit_orders"),
    (TAKE_BACK_GOODS, "take_back_goods"),
    (REFUND_ORDERS, "refund_orders"),
    (LEAVE_ON_ACCOUNT, "leave_on_account"),
    (ISSUE_DELIVERY_CODES, "issue_delivery_codes"),
    (READ_DELIVERY_CODES, "read_delivery_codes"),
    (HOLD_ORDERS, "hold_orders"),
    (ASK_OF_WALLETS, "ask_of_wallets"),
    (READ_WALLET_REQUESTS, "read_wallet_requests"),
    (DECIDE_WALLET_REQUESTS, "decide_wallet_requests"),
    (READ_DESTINATIONS, "read_destinations"),
    (GOVERN_WALLETS, "govern_wallets"),
    (ADJUST_WALLETS, "adjust_wallets"),
    (CORRECT_WALLETS, "correct_wallets"),
    (SETTLE_DEBTS, "settle_debts"),
    (READ_SUSPENSE, "read_suspense"),
    (KEEP_SUSPENSE, "keep_suspense"),
    (READ_PAYMENTS, "read_payments"),
    (REVERSE_PAYMENTS, "reverse_payments"),
    (CORRECT_PAYMENTS, "correct_payments"),
    (READ_STATEMENTS, "read_statements"),
    (KEEP_STATEMENTS, "keep_statements"),
    (FOLLOW_EVENTS, "follow_events"),
    (READ_WEBHOOKS, "read_webhooks"),
    (MANAGE_WEBHOOKS, "manage_webhooks"),
    (READ_JOBS, "read_jobs"),
    (REBUILD, "rebuild"),
    (VERIFY, "verify"),
    (REPLAY, "replay"),
    (READ_ALERTS, "read_alerts"),
    (ACKNOWLEDGE_ALERTS, "acknowledge_alerts"),
];

/// The names of scopes, in the order of the bits.
pub(crate) fn names(scopes: Scope) -> Vec<&'static str> {
    let held = NAMES.iter().filter(|(bit, _)| scopes & bit != 0);
    held.map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_one_name() {
        let bits = NAMES.iter().fold(0, |bits, (bit, _)| bits | bit);
        assert_eq!(bits, ALL);
        for (index, (bit, _)) in NAMES.iter().enumerate() {
            assert_eq!(*bit, 1 << index, "{NAMES:?}");
        }
    }
}
