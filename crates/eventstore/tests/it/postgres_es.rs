//! Stock postgres-es reads the log.

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use cqrs_es::{Aggregate, AggregateContext, DomainEvent, EventStore};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use sqlx_08::postgres::PgPoolOptions;

use crate::log::{Log, event};

#[derive(Debug, Default, Serialize, Deserialize)]
struct Lamp {
    watts: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LampEvent {
    SwitchedOn { watts: i64 },
}

impl DomainEvent for LampEvent {
    fn event_type(&self) -> String {
        "switched_on".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Lamp {
    const TYPE: &'static str = "lamp";
    type Command = ();
    type Event = LampEvent;
    type Error = std::fmt::Error;
    type Services = ();

    async fn handle(
        &mut self,
        (): (),
        (): &(),
        _sink: &EventSink<Self>,
    ) -> Result<(), std::fmt::Error> {
        Ok(())
    }

    fn apply(&mut self, event: LampEvent) {
        let LampEvent::SwitchedOn { watts } = event;
        self.watts.push(watts);
    }
}

#[tokio::test]
async fn stock_postgres_es_loads_an_aggregate_from_the_log() {
    let log = Log::empty().await;
    log.write(vec![event("a", 1), event("b", 1), event("a", 2)]).await;
    let options: sqlx_08::postgres::PgConnectOptions = log.database.url().parse().unwrap();
    let pool = PgPoolOptions::new()
        .connect_with(options.options([
            ("role", "daftar_app"),
            ("search_path", "daftar,pg_temp"),
            ("daftar.book", "1"),
        ]))
        .await
        .unwrap();

    let repository = PostgresEventRepository::new(pool.clone())
        .with_tables("events_for_postgres_es", "snapshots_of_postgres_es");
    let events = repository.get_events::<Lamp>("a").await.unwrap();
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(events[0].metadata, serde_json::json!({ "actor": "anna" }));
    let last = repository.get_last_events::<Lamp>("a", 1).await.unwrap();
    assert_eq!(last.len(), 1);

    let store = PersistedEventStore::<_, Lamp>::new_event_store(repository);
    let mut context = store.load_aggregate("a").await.unwrap();
    assert_eq!(context.aggregate().watts, [1, 2]);
    pool.close().await;
}
