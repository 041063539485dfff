//! The append's function, made of one statement a projection: each is written in its own folder.

macro_rules! append_2 {
    ($($name:literal),+ $(,)?) => {
        concat!(
            r"-- The append: the log moves first, by compare-and-set; only if it did are the read models written. Each is
-- written here and not by its own function: a call is a statement more, and one that changes who is asking.
create function append_2(
  p_book int,
  p_expected_revision bigint,
  p_reader_format int,
  p_writer_format int,
  p_fold_set text,
  p_position bigint,
  p_hash bytea,
  p_recorded_at timestamptz,
  p_events event_row[],
  p_commands command_row[]",
            $(",\n  p_", $name, " ", $name, "_row[]",)+
            r"
) returns text
language plpgsql
as $$
declare
  v_answer text := append_events_1(
    p_book, p_expected_revision, p_reader_format, p_writer_format, p_fold_set, p_position, p_hash,
    p_recorded_at, p_events, p_commands);
  v_live jsonb;
  v_generation int;
begin
  if v_answer <> 'ok' then
    return v_answer;
  end if;
  -- After the head was moved: no switch comes between.
  select jsonb_object_agg(name, generation) into v_live
    from book_projections
   where book_id = p_book;
",
            $(
                "\n  if cardinality(p_", $name, ") > 0 then\n  v_generation := v_live ->> '", $name,
                "';\n", include_str!(concat!($name, "/append.sql")), "  end if;\n",
            )+
            r"
  return 'ok';
end
$$;

select guard_function(
  'append_2(int, bigint, int, int, text, bigint, bytea, timestamptz, event_row[], command_row[]",
            $(", ", $name, "_row[]",)+
            ")');\n",
        )
    };
}

/// The migration that makes it.
pub(crate) const APPEND_2: &str = append_2!(
    "customer_orders",
    "order_management",
    "wallet_balances",
    "wallet_lines",
    "payments",
    "journal_lines",
    "timeline",
    "imported_orders",
    "deadlines",
    "wallet_requests",
    "suspense_items",
    "statement_lines",
);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::views::projections;

    /// The words of a function's statement, with the names of its arguments as the append has them.
    fn statement(write: &str, name: &str) -> Vec<String> {
        let body = write.split_once("\nbegin\n").and_then(|(_, rest)| rest.split_once("\nend\n"));
        let (body, _) = body.expect("it is a function");
        let body = body.replace("p_generation", "v_generation");
        words(&body.replace("p_rows", &format!("p_{name}")))
    }

    fn words(sql: &str) -> Vec<String> {
        let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
        lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
    }

    #[test]
    fn the_append_writes_a_view_as_its_own_function_does() {
        for name in projections().into_iter().map(|projection| projection.name) {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
            let read = |file| fs::read_to_string(folder.join(file)).expect("it is there");
            assert_eq!(words(&read("append.sql")), statement(&read("write.sql"), &name), "{name}");
        }
    }
}
