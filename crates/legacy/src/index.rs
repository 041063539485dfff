//! The rows of every order, found once.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    link::{DoubleCharge, Link, Links, reference_of},
    shop::{Change, Item, Management, Order, Receipt, Shop, Transaction, Wallet},
};

/// Rows by what they belong to, so that weighing an order searches nothing.
pub(crate) struct Index<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) orders: BTreeMap<i64, &'a Order>,
    pub(crate) numbers: BTreeMap<&'a str, usize>,
    pub(crate) managements: BTreeMap<i64, Vec<&'a Management>>,
    pub(crate) items: BTreeMap<i64, Vec<&'a Item>>,
    pub(crate) receipts: BTreeMap<i64, Vec<&'a Receipt>>,
    pub(crate) history: BTreeMap<i64, Vec<&'a Change>>,
    pub(crate) wallets: BTreeMap<i64, &'a Wallet>,
    pub(crate) transactions: BTreeMap<i64, &'a Transaction>,
    pub(crate) referring: BTreeMap<i64, Vec<&'a Transaction>>,
    pub(crate) linked: BTreeMap<i64, Link>,
    pub(crate) spoken_for: BTreeSet<i64>,
    pub(crate) double_charges: BTreeMap<i64, Vec<DoubleCharge>>,
    pub(crate) ties: BTreeMap<i64, Vec<i64>>,
    pub(crate) doubts: BTreeMap<i64, Vec<i64>>,
}

fn group<K: Ord, V>(rows: impl Iterator<Item = (Option<K>, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, row) in rows {
        if let Some(key) = key {
            groups.entry(key).or_default().push(row);
        }
    }
    groups
}

impl<'a> Index<'a> {
    pub(crate) fn new(shop: &'a Shop, links: &Links) -> Self {
        let mut numbers = BTreeMap::new();
        for number in shop.orders.iter().filter_map(|order| order.number.as_deref()) {
            *numbers.entry(number).or_insert(0) += 1;
        }
        let refers = |row: &Transaction| reference_of(row).and_then(|reference| reference.order());
        let mut spoken_for: BTreeSet<i64> = links.linked.iter().map(|link| link.debit).collect();
        spoken_for.extend(links.double_charges.iter().map(|charge| charge.second));
        Self {
            shop,
            orders: shop.orders.iter().map(|order| (order.id, order)).collect(),
            numbers,
            managements: group(shop.managements.iter().map(|row| (row.order, row))),
            items: group(shop.items.iter().map(|row| (row.order, row))),
            receipts: group(shop.receipts.iter().map(|row| (row.order, row))),
            history: group(shop.history.iter().map(|row| (row.management, row))),
            wallets: shop
                .wallets
                .iter()
                .filter_map(|wallet| Some((wallet.customer?, wallet)))
                .collect(),
            transactions: shop.transactions.iter().map(|row| (row.id, row)).collect(),
            referring: group(shop.transactions.iter().map(|row| (refers(row), row))),
            linked: links.linked.iter().map(|link| (link.order, *link)).collect(),
            spoken_for,
            double_charges: group(
                links.double_charges.iter().map(|charge| (Some(charge.order), *charge)),
            ),
            ties: group(
                links
                    .ties
                    .iter()
                    .flat_map(|tie| tie.orders.iter().map(|order| (Some(*order), tie.debit))),
            ),
            doubts: group(links.doubts.iter().map(|doubt| (Some(doubt.order), doubt.debit))),
        }
    }
}

/// The rows under an id; none is an empty list.
pub(crate) fn rows_of<V>(map: &BTreeMap<i64, Vec<V>>, id: i64) -> &[V] {
    map.get(&id).map_or(&[], Vec::as_slice)
}
