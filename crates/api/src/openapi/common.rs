//! What operations share: the headers that requests and replies carry, and the problems that any
//! of them may be.

use serde_json::{Map, Value, json};

use crate::problem::{CODES, MEDIA_TYPE, Problem};

/// A position, with the beginning of the chain's hash there.
pub(super) const CURSOR: &str = "^[0-9]{1,19}(\\.[0-9a-f]{8})?$";
/// What may stand in a path or a text: no control characters.
pub(super) const VISIBLE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$";

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The headers of requests, each under the name of its component.
pub(super) fn parameters() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, parameter: Value| {
        all.insert(name.to_owned(), parameter);
    };
    let key = |required: bool, text: &str| {
        json!({
            "name": "Idempotency-Key", "in": "header", "required": required, "description": text,
            "schema": {
                "type": "string", "minLength": 1, "maxLength": 255,
                "pattern": "^[!-~]([ -~]*[!-~])?$",
            },
            "example": "7f0f4c6e-checkout-1",
        })
    };
    add(
        "IdempotencyKey",
        key(
            false,
            "Names the attempt: a retry with the same key and the same request gets the first answer again.",
        ),
    );
    add(
        "IdempotencyKeyRequired",
        key(
            true,
            "Names the attempt: a retry with the same key and the same request gets the first answer again. It is required here, but not with `dry_run`.",
        ),
    );
    let if_match = |required: bool, text: &str| {
        json!({
            "name": "If-Match", "in": "header", "required": required, "description": text,
            "schema": { "type": "string", "pattern": "^(\\*|\"v(0|[1-9][0-9]{0,18})\")$" },
            "example": "\"v3\"",
        })
    };
    add("IfMatch", if_match(false, "The version that was seen: another one is a 412. `*` is any."));
    add(
        "IfMatchRequired",
        if_match(true, "The version that was seen: without it 428, and another one is a 412."),
    );
    add(
        "IfNoneMatch",
        json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The versions that are known: when it is still at one of them, the reply is a 304.",
            "schema": { "type": "string", "pattern": "^(\\*|\"v[0-9]{1,19}\")$" },
            "example": "\"v3\"",
        }),
    );
    add(
        "OnBehalfOf",
        json!({
            "name": "On-Behalf-Of", "in": "header", "required": false,
            "description": "Whom a service speaks for: it is stored with what was done. A person speaks for themselves: from a person's key this is a 400.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 64 },
            "example": "user-7",
        }),
    );
    add(
        "Traceparent",
        json!({
            "name": "traceparent", "in": "header", "required": false,
            "description": "W3C trace context; the trace that the events are stored with. What is not well-formed is ignored.",
            "schema": { "type": "string" },
            "example": TRACEPARENT,
        }),
    );
    add(
        "MinPosition",
        json!({
            "name": "min_position", "in": "query", "required": false,
            "description": "A position or a cursor, as `Daftar-Position` names it: the reply waits, for a few seconds at most, until the book has it, and is 503 `position-not-reached` if it has not. A cursor of another history is 409 `cursor-diverged`.",
            "schema": { "type": "string", "pattern": CURSOR },
        }),
    );
    add(
        "DryRun",
        json!({
            "name": "dry_run", "in": "query", "required": false,
            "description": "Says what would happen: the same guards and the resulting events, and nothing is recorded.",
            "schema": { "type": "boolean" },
        }),
    );
    add(
        "Propose",
        json!({
            "name": "propose", "in": "query", "required": false,
            "description": "Stores the command for another person to approve: 202. Not with `dry_run`.",
            "schema": { "type": "boolean" },
        }),
    );
    all
}

/// The headers of replies, each under its own name.
pub(super) fn headers() -> Map<String, Value> {
    let text =
        |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let shaped = |description: &str, pattern: &str| json!({ "description": description, "schema": { "type": "string", "pattern": pattern } });
    let mut all = Map::new();
    let mut add = |name: &str, header: Value| {
        all.insert(name.to_owned(), header);
    };
    add("ETag", shaped("The version of what the reply shows: for If-Match", "^\"v[0-9]+\"$"));
    add("Daftar-Position", shaped("The position of the book that the reply reflects", CURSOR));
    add(
        "Idempotency-Replayed",
        json!({
            "description": "The answer is that of an earlier attempt with this key",
            "schema": { "type": "string", "enum": ["true"] },
        }),
    );
    add("Location", text("Where what was made is found"));
    add("Link", text("The next page, as `rel=\"next\"`; none on the last"));
    add(
        "Retry-After",
        json!({
            "description": "Seconds after which to ask again: the same key is safe",
            "schema": { "type": "integer", "minimum": 0 },
        }),
    );
    add("WWW-Authenticate", text("How to prove who asks"));
    add("Content-Disposition", text("The file's name"));
    let mut request_id =
        text("The request's own id, as it came in or made up: it stands in the logs");
    request_id["required"] = json!(true);
    add("X-Request-Id", request_id);
    add("traceparent", text("The trace that the request was part of"));
    all
}

/// A header by reference.
pub(super) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The problems of each status, each with an example.
pub(super) const PROBLEMS: &[(u16, &str, &str, &[&str])] = &[
    (400, "BadRequest", "The request cannot be understood", &["invalid-query", "invalid-body"]),
    (401, "Unauthorized", "It is not known who asks", &["unauthenticated"]),
    (403, "Forbidden", "Whoever asks may not do this", &["forbidden"]),
    (
        404,
        "NotFound",
        "There is no such thing, or it is not yours",
        &["not-found", "order-not-found"],
    ),
    (409, "Conflict", "Not in the state that things are in", &["wrong-phase"]),
    (410, "Gone", "The customer was forgotten", &["forgotten"]),
    (412, "PreconditionFailed", "Another version than If-Match names", &["stale"]),
    (413, "ContentTooLarge", "The body is too large", &["body-too-large"]),
    (415, "UnsupportedMediaType", "A body of another type", &["unsupported-media-type"]),
    (
        422,
        "UnprocessableContent",
        "A rule refuses it",
        &["insufficient-funds", "idempotency-key-reused"],
    ),
    (428, "PreconditionRequired", "There is no If-Match", &["if-match-required"]),
    (429, "TooManyRequests", "Too much was asked, or too much was refused", &["too-many-refusals"]),
    (500, "InternalServerError", "Something broke", &["internal"]),
    (503, "ServiceUnavailable", "Not now", &["unavailable"]),
    (507, "InsufficientStorage", "The disk has no room", &["not-enough-room"]),
];

/// The replies of refusals, each under the name of its component.
pub(super) fn responses() -> Map<String, Value> {
    PROBLEMS
        .iter()
        .map(|(status, name, text, codes)| ((*name).to_owned(), problem(*status, text, codes)))
        .collect()
}

fn problem(status: u16, text: &str, codes: &[&str]) -> Value {
    let mut headers = Map::new();
    let mut carry = |name: &str| {
        headers.insert(name.to_owned(), header(name));
    };
    carry("X-Request-Id");
    carry("traceparent");
    carry("Daftar-Position");
    if matches!(status, 401) {
        carry("WWW-Authenticate");
    }
    if matches!(status, 403 | 404 | 409 | 410 | 412 | 422) {
        // What a rule refused is kept, and answered alike again.
        carry("Idempotency-Replayed");
        carry("ETag");
    }
    if matches!(status, 429 | 503) {
        carry("Retry-After");
    }
    let known = CODES.iter().filter(|(code, at, _)| *at == status && codes.contains(code));
    let examples: Map<String, Value> = known
        .map(|(code, _, title)| {
            let text = Problem::new(code).body("/api/orders", "0af7651916cd43dd8448eb211c80319c");
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            ((*code).to_owned(), json!({ "summary": title, "value": value }))
        })
        .collect();
    let all: Vec<&str> =
        CODES.iter().filter(|(_, at, _)| *at == status).map(|(code, _, _)| *code).collect();
    let mut schema = json!({ "$ref": "#/components/schemas/ProblemReply" });
    if matches!(status, 404 | 409 | 410 | 412 | 422) {
        let late = json!({ "$ref": "#/components/schemas/ExpiredProblem" });
        schema = json!({ "anyOf": [schema, late] });
    }
    json!({
        "description": format!("{text}: `{}`", all.join("`, `")),
        "headers": headers,
        "content": {
            MEDIA_TYPE: {
                "schema": schema,
                "examples": examples,
            },
        },
    })
}

/// What a retry gets when the reply itself is not kept any more.
pub(super) fn expired_schemas() -> [(&'static str, Value); 2] {
    let nullable = |kind: &str| json!({ "type": [kind, "null"] });
    let members = |what: &str| {
        json!({
            "type": "object",
            "description": format!("{what}, told again after the reply itself was let go"),
            "required": ["status", "expired"],
            "properties": {
                "status": { "type": "integer", "minimum": 100, "maximum": 599 },
                "resource": nullable("string"),
                "version": nullable("integer"),
                "position": nullable("integer"),
                "expired": { "type": "boolean", "enum": [true] },
            },
        })
    };
    let reply = members("What was done");
    let mut problem = members("A refusal");
    problem["properties"]["type"] = json!({ "type": "string", "enum": ["about:blank"] });
    problem["properties"]["title"] = json!({ "type": "string" });
    problem["required"] = json!(["type", "title", "status", "expired"]);
    [("ExpiredReply", reply), ("ExpiredProblem", problem)]
}
