//! The stock `cqrs_es::Aggregate`: `handle` only hands what `decide` says to the sink.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use crate::order::{self, Order};
use crate::payment::{self, Payment};
use crate::receipt_file::{self, ReceiptFile};
use crate::rejection::Rejection;
use crate::settings::{self, Settings};
use crate::statement_line::{self, StatementLine};
use crate::suspense::{self, Suspense};
use crate::wallet::{self, Wallet};

macro_rules! aggregate {
    ($state:ty, $module:ident, $name:literal) => {
        impl Aggregate for $state {
            const TYPE: &'static str = $name;
            type Command = $module::Command;
            type Event = $module::Event;
            type Error = Rejection;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                _services: &Self::Services,
                sink: &EventSink<Self>,
            ) -> Result<(), Rejection> {
                for event in self.decide(command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                self.evolve(&event);
            }
        }
    };
}

aggregate!(Order, order, "order");
aggregate!(Wallet, wallet, "wallet");
aggregate!(Payment, payment, "payment");
aggregate!(Suspense, suspense, "suspense");
aggregate!(StatementLine, statement_line, "statement_line");
aggregate!(ReceiptFile, receipt_file, "receipt_file");
aggregate!(Settings, settings, "settings");
