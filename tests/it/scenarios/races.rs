//! 13. Upload a receipt ∥ expire ∥ cancel: one winner. Approve ∥ reject ∥ cancel: any order, no
//! dinar lost; money approved after a cancel is in the wallet.
