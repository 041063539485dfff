#!/usr/bin/env python3
"""Checks the hash chain, format 1, of an export: docs/chain.md describes the bytes.

    curl -H "Authorization: Bearer $KEY" $URL/api/audit/export | scripts/verify-export.py
"""
import hashlib, json, sys, uuid
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
JSON = json.JSONDecoder()


def sha256(data):
    return hashlib.sha256(data).digest()


def number(value):
    return int(value).to_bytes(8, "big", signed=True)


def text(value):
    return len(value.encode()).to_bytes(4, "big") + value.encode()


def micros(value):
    return number((datetime.fromisoformat(value) - EPOCH) // timedelta(microseconds=1))


def members(line):
    """Each member's value, and its text exactly as it stands there: that is what was hashed."""
    at, values, texts = 1, {}, {}
    while line[at] != "}":
        name, at = JSON.raw_decode(line, at + (line[at] == ","))
        begin = at + 1
        values[name], at = JSON.raw_decode(line, begin)
        texts[name] = line[begin:at]
    return values, texts


def link(previous, book, event, texts):
    return sha256(
        b"\x01" + book + previous + number(event["position"]) + text(event["stream"])
        + text(event["id"]) + number(event["version"]) + uuid.UUID(event["event_id"]).bytes
        + text(event["type"]) + text(event["event_version"]) + micros(event["recorded_at"])
        + micros(event["effective_at"]) + uuid.UUID(event["command_id"]).bytes
        + sha256(texts["payload"].encode()) + sha256(texts["metadata"].encode())
    )


lines = (line.rstrip(b"\n").decode() for line in sys.stdin.buffer)
header = json.loads(next(lines))
if header["chain_format"] != 1:
    sys.exit("the chain is of another format")
book = uuid.UUID(header["book"]).bytes
position, previous = header["after"], bytes.fromhex(header["after_hash"])
if position == 0 and previous != sha256(b"\x01" + book):
    sys.exit("the chain does not begin with the book's uuid")
for line in lines:
    event, texts = members(line)
    position += 1
    if event["position"] != position:
        sys.exit(f"position {position} is missing")
    previous = link(previous, book, event, texts)
    if previous.hex() != event["hash"]:
        sys.exit(f"the event at position {position} is not what was hashed")
if position != header["until"] or previous.hex() != header["until_hash"]:
    sys.exit(f"the export was cut off after position {position}")
print(f"{position - header['after']} events up to position {position}, chain hash {previous.hex()}")
