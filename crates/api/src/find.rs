//! Finds what a path names, as far as the caller may see it.

use std::sync::Arc;

use domain::id::{CustomerId, OrderId, OrderNumber};
use domain::order::{Facts, Order};
use domain::{State, StreamKey};
use eventstore::Cursor;
use ledger::SubmitError;
use ledger::as_of::{self, Moment};
use ledger::queries;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::scope::Scope;

/// An order that is there and that the caller may see.
pub(crate) struct FoundOrder {
    pub(crate) id: OrderId,
    pub(crate) state: Arc<State>,
    pub(crate) at: Cursor,
    /// How many wrong delivery codes the book allows.
    pub(crate) tries_allowed: u32,
}

impl FoundOrder {
    pub(crate) fn stream(&self) -> StreamKey {
        StreamKey::Order(self.id)
    }

    pub(crate) fn facts(&self) -> &Facts {
        match &*self.state {
            State::Order(Order::Placed(facts)) => facts,
            other @ (State::Order(Order::Unplaced)
            | State::Wallet(_)
            | State::Payment(_)
            | State::Suspense(_)
            | State::StatementLine(_)
            | State::ReceiptFile(_)
            | State::Settings(_)) => unreachable!("{other:?} was found as an order"),
        }
    }
}

/// The order of an id or a number, as it is now.
pub(crate) async fn order<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    id_or_number: &str,
) -> Result<FoundOrder, Problem> {
    order_as_of(app, caller, id_or_number, None).await
}

/// The order of an id or a number, as it was.
pub(crate) async fn order_as_of<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    id_or_number: &str,
    moment: Option<Moment>,
) -> Result<FoundOrder, Problem> {
    let id = order_id(app, caller, id_or_number).await?;
    let stream = StreamKey::Order(id);
    let (at, state, settings) = match moment {
        Some(moment) => as_of::with_settings(&app.ledger, stream, moment).await?,
        None => queries::with_settings(&app.ledger, stream).await.map_err(Problem::unreadable)?,
    };
    let customer = match &*state {
        State::Order(order) => order.facts().map(|facts| &facts.customer),
        State::Wallet(_)
        | State::Payment(_)
        | State::Suspense(_)
        | State::StatementLine(_)
        | State::ReceiptFile(_)
        | State::Settings(_) => None,
    };
    if customer.is_none() && caller.credential.customers.is_none() {
        must_be_readable(app, stream)?;
    }
    if customer.is_some_and(|customer| caller.credential.may_see(customer.as_str())) {
        Ok(FoundOrder { id, state, at, tries_allowed: settings.delivery_code_tries })
    } else {
        Err(Problem::new("order-not-found"))
    }
}

/// A stream that shows nothing may be one of which nothing can be read.
pub(crate) fn must_be_readable(app: &App, stream: StreamKey) -> Result<(), Problem> {
    match app.ledger.quarantine().mark(stream) {
        Some(mark) => Err(SubmitError::Quarantined { stream, position: mark.position }.into()),
        None => Ok(()),
    }
}

/// The id of an order by its id, which need not be there, or its number.
pub(crate) async fn order_id<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    id_or_number: &str,
) -> Result<OrderId, Problem> {
    match id_or_number.parse() {
        Ok(id) => Ok(id),
        Err(_) => order_of_number(app, caller, id_or_number).await,
    }
}

async fn order_of_number<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    number: &str,
) -> Result<OrderId, Problem> {
    // A number is found in a view, also by routes that read none of them otherwise.
    app.ledger.standing().fit().map_err(Problem::misfit)?;
    let number = OrderNumber::new(number).map_err(|_| Problem::new("order-not-found"))?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let book = app.ledger.book();
    let mut found = projections::customer_orders::find_by_number(&mut conn, book, number.as_str())
        .await
        .map_err(Problem::unreadable)?
        .value;
    found.retain(|order| caller.credential.may_see(&order.customer_id));
    match found.as_slice() {
        [] => Err(Problem::new("order-not-found")),
        [one] => Ok(OrderId::new(one.order_id)),
        several => {
            let ids: Vec<_> = several.iter().map(|order| order.order_id).collect();
            Err(Problem::new("order-number-ambiguous").member("orders", ids))
        }
    }
}

/// The customer of a path.
pub(crate) fn customer<const SCOPE: Scope>(
    caller: &Caller<SCOPE>,
    text: &str,
) -> Result<CustomerId, Problem> {
    let customer = CustomerId::new(text)
        .map_err(|_| Problem::new("invalid-path").fault("customer", "invalid-value"))?;
    caller.must_see(customer.as_str())?;
    Ok(customer)
}
