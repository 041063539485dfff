"""What the generated requests cannot know: who asks, and ids of things that are there."""

import atexit
import json
import os
import random
from collections import Counter

import schemathesis

import world

ROLE = os.environ["DAFTAR_ROLE"]
PART = os.environ["DAFTAR_PART"]  # what the role may do, or the rest
REPORT = os.environ["DAFTAR_REPORT"]
# How many requests of each operation are made of what was made for them.
MADE_MAX = int(os.environ.get("DAFTAR_MADE_MAX", "3"))

OURS = {*world.KEYS, "owner"} | {key.split("_")[1] for keys in world.KEYS.values() for key in keys}

chance = random.Random(94)
made = Counter()
replies = {}
known = {}
unmade = {}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Only the operations of this part."""
    for path, item in list(raw_schema["paths"].items()):
        for method, operation in list(item.items()):
            roles = operation.get("x-daftar-roles")
            allowed = roles is None or ROLE in roles
            # A stream never ends, a job that waits for a decision takes a day, and a test request would
            # wait for them.
            endless = operation["operationId"] == "follow_job" or path.endswith("/stream")
            if endless or allowed != (PART == "allowed"):
                del item[method]
        if not item:
            del raw_schema["paths"][path]


def is_positive(case):
    return case.meta is None or case.meta.generation.mode.name == "POSITIVE"


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw.get("operationId", "")
    kwargs.setdefault("timeout", 60)
    if operation in ("disable_principal", "revoke_key", "rotate_key"):
        # Nobody saws off the branch that the others sit on.
        for name, value in dict(case.path_parameters or {}).items():
            if value in OURS:
                case.path_parameters[name] = "somebody-else"
    if PART != "allowed" or not is_positive(case):
        return
    if case.headers.get("On-Behalf-Of") and ROLE not in ("client", "gateway"):
        # A person speaks for themselves.
        del case.headers["On-Behalf-Of"]
    if case.query and chance.random() < 0.9:
        # A position that the book has not reached is waited for, and then answered with 503.
        case.query.pop("min_position", None)
    maker = world.MAKERS.get(operation)
    if maker and made[operation] < MADE_MAX:
        made[operation] += 1
        try:
            parts = maker()
        except Exception as error:  # noqa: BLE001: said at the end
            unmade[operation] = str(error)
            return
        case.path_parameters = dict(parts["path"])
        case.query = dict(parts.get("query", {}))
        for name in ("If-Match", "Idempotency-Key", "On-Behalf-Of"):
            case.headers.pop(name, None)
        case.headers["Idempotency-Key"] = world.fresh("case")
        case.headers.update(parts.get("headers", {}))
        if parts.get("body") is not None:
            case.body = parts["body"]
        elif case.media_type in ("application/pdf", "image/jpeg", "image/png"):
            case.media_type = "application/pdf"
            case.body = world.PDF + world.fresh("b").encode()
        for name, value in parts["path"].items():
            known.setdefault(name, [])
            known[name] = (known[name] + [value])[-20:]
        return
    for name in list(case.path_parameters or {}):
        if known.get(name) and chance.random() < 0.7:
            case.path_parameters[name] = chance.choice(known[name])


@schemathesis.serializer("application/pdf", "image/jpeg", "image/png", "text/csv")
def as_it_is(context, value):
    """A file is the whole body."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.check
def answers_or_says_when(context, response, case):
    """No 5xx but a 503 that is described and says when to ask again."""
    if response.status_code < 500:
        return
    again = response.status_code == 503 and "retry-after" in {name.lower() for name in response.headers}
    assert again, f"{response.status_code}: {response.text[:300]}"


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation.definition.raw.get("operationId", "")
    replies.setdefault(operation, Counter())[str(response.status_code)] += 1


@atexit.register
def report():
    with open(REPORT, "w", encoding="utf-8") as file:
        json.dump({"role": ROLE, "part": PART, "replies": replies, "unmade": unmade}, file)
