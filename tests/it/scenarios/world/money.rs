//! What finance does to money that is no order's: wallets, payments, debts, suspense items.

use serde_json::{Value, json};

use super::actor::pdf;
use super::cart::iqd;
use super::{Actor, Step, Transfer, World};
use crate::daftar::Answer;

/// The shop's bank account.
pub(super) const ACCOUNT: &str = "rafidain";

impl World {
    /// Hands in a statement of the bank as it came; each of its lines is a command of its own.
    pub(crate) async fn upload_statement(&self, statement: &str, dry_run: bool) -> Value {
        let ticket =
            self.finance().ticket(format!("/api/bank-statements?dry_run={dry_run}"), json!({}));
        let media_type = ("Content-Type", "text/csv".to_owned());
        let answer = self.nodes()[0].send_raw(&ticket, &[media_type], statement.as_bytes()).await;
        let Answer::Decided(reply) = answer else { panic!("it was not decided: {answer:?}") };
        assert!(reply.is_accepted(), "{}", reply.body);
        reply.json()
    }
}

impl<'w> Actor<'w> {
    /// Shows a receipt of money that was sent for the wallet.
    pub(crate) fn asks_for_a_top_up(self, customer: &str, file: &str, claimed: &str) -> Step<'w> {
        let path = of_wallet(customer, &format!("top-ups?claimed={claimed}&currency=IQD"));
        let media_type = ("Content-Type", "application/pdf".to_owned());
        self.sends_raw_about(customer, path, vec![media_type], pdf(file))
    }

    /// So much of this transfer is for this wallet.
    pub(crate) fn approves_top_up(
        self,
        customer: &str,
        asked: &Value,
        verified: &str,
        transfer: Transfer<'_>,
    ) -> Step<'w> {
        let body = json!({
            "verified": iqd(verified),
            "transfer": transfer.body(),
            "transfer_amount": iqd(transfer.amount),
        });
        self.money(customer, format!("/api/wallet-top-ups/{}/approve", request(asked)), body)
    }

    pub(crate) fn rejects_top_up(self, customer: &str, asked: &Value, reason: &str) -> Step<'w> {
        let path = format!("/api/wallet-top-ups/{}/reject", request(asked));
        self.money(customer, path, json!({ "reason": reason }))
    }

    pub(crate) fn asks_for_a_withdrawal(self, customer: &str, amount: &str) -> Step<'w> {
        let destination = json!({ "iban": "IQ98NBIQ850123456789012", "holder": "Zaid" });
        let body = json!({ "amount": iqd(amount), "destination": destination });
        self.money(customer, of_wallet(customer, "withdrawals"), body)
    }

    /// The bank was told to pay it out.
    pub(crate) fn pays_out(self, customer: &str, asked: &Value, reference: &str) -> Step<'w> {
        let path = format!("/api/wallet-withdrawals/{}/pay", request(asked));
        self.money(customer, path, json!({ "account": ACCOUNT, "reference": reference }))
    }

    /// It could not be paid out.
    pub(crate) fn fails_to_pay_out(self, customer: &str, asked: &Value, reason: &str) -> Step<'w> {
        let path = format!("/api/wallet-withdrawals/{}/fail", request(asked));
        self.money(customer, path, json!({ "reason": reason }))
    }

    pub(crate) fn freezes(self, customer: &str, reason: &str) -> Step<'w> {
        self.governs(customer, "freeze", reason)
    }

    pub(crate) fn unfreezes(self, customer: &str, reason: &str) -> Step<'w> {
        self.governs(customer, "unfreeze", reason)
    }

    fn governs(self, customer: &str, what: &str, reason: &str) -> Step<'w> {
        let body = json!({ "currency": "IQD", "reason": reason });
        self.money(customer, of_wallet(customer, what), body)
    }

    /// A gift of the shop.
    pub(crate) fn gives(self, customer: &str, amount: &str, reason: &str) -> Step<'w> {
        let body = json!({ "amount": iqd(amount), "reason": reason });
        self.money(customer, of_wallet(customer, "goodwill"), body)
    }

    /// `direction`: credit or debit.
    pub(crate) fn adjusts(
        self,
        customer: &str,
        direction: &str,
        amount: &str,
        item: &str,
    ) -> Step<'w> {
        let body = json!({
            "amount": iqd(amount),
            "direction": direction,
            "item": item,
            "reason": "it is not known yet",
        });
        self.money(customer, of_wallet(customer, "adjustments"), body)
    }

    /// Opens a suspense item, which will be about this customer's money.
    pub(crate) fn opens_suspense(self, customer: &str, reason: &str) -> Step<'w> {
        let body = json!({ "owner": "zahra", "reason": reason, "currency": "IQD" });
        self.money(customer, "/api/suspense-items".to_owned(), body)
    }

    pub(crate) fn explains(
        self,
        customer: &str,
        item: &str,
        amount: Option<&str>,
        against: &Value,
    ) -> Step<'w> {
        let body = json!({
            "amount": amount.map(iqd),
            "against": against,
            "reason": "it is known now",
        });
        self.money(customer, format!("/api/suspense-items/{item}/explain"), body)
    }

    /// The money of a payment turned out not to exist.
    pub(crate) fn reverses(self, customer: &str, payment: &str, reason: &str) -> Step<'w> {
        let path = format!("/api/payments/{payment}/reverse");
        self.money(customer, path, json!({ "reason": reason }))
    }

    /// Says that a line of the bank's statement is these payments, less a fee.
    pub(crate) fn matches(
        self,
        customer: &str,
        line: &str,
        payments: &[String],
        fee: &str,
    ) -> Step<'w> {
        let body = json!({ "payments": payments, "fee": iqd(fee) });
        self.money(customer, format!("/api/statement-lines/{line}/match"), body)
    }

    /// What is owed is taken out of the wallet, as far as it goes.
    pub(crate) fn takes_the_debt(self, customer: &str) -> Step<'w> {
        self.money(customer, of_wallet(customer, "debt/repay"), json!({ "currency": "IQD" }))
    }

    /// Writes off all that is owed.
    pub(crate) fn writes_off(self, customer: &str, reason: &str) -> Step<'w> {
        let body = json!({ "currency": "IQD", "reason": reason });
        self.money(customer, of_wallet(customer, "debt/write-off"), body)
    }
}

fn of_wallet(customer: &str, what: &str) -> String {
    format!("/api/customers/{customer}/wallet/{what}")
}

/// The request that a reply tells of.
fn request(asked: &Value) -> &str {
    asked["request"].as_str().unwrap_or_else(|| panic!("it names a request: {asked:#}"))
}
