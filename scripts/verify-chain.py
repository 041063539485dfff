#!/usr/bin/env python3
"""Checks a book's hash chain, format 1, on its own: docs/chain.md describes the bytes.

    scripts/verify-chain.py <the book's uuid> < events.csv      (from scripts/export-chain.sql)
"""
import csv, hashlib, io, sys, uuid

csv.field_size_limit(2**24)


def sha256(data):
    return hashlib.sha256(data).digest()


def number(value):
    return int(value).to_bytes(8, "big", signed=True)


def text(value):
    return len(value.encode()).to_bytes(4, "big") + value.encode()


def link(previous, book, row):
    return sha256(
        b"\x01" + book + previous + number(row["position"]) + text(row["aggregate_type"])
        + text(row["aggregate_id"]) + number(row["sequence"]) + uuid.UUID(row["event_id"]).bytes
        + text(row["event_type"]) + text(row["event_version"]) + number(row["recorded_at_micros"])
        + number(row["effective_at_micros"]) + uuid.UUID(row["command_id"]).bytes
        + sha256(row["payload"].encode()) + sha256(row["metadata"].encode())
    )


book = uuid.UUID(sys.argv[1]).bytes
position, previous = 0, sha256(b"\x01" + book)
for row in csv.DictReader(io.TextIOWrapper(sys.stdin.buffer, "utf-8", newline="")):
    position += 1
    if row["position"] != str(position):
        sys.exit(f"position {position} is missing")
    previous = link(previous, book, row)
    if previous.hex() != row["hash"]:
        sys.exit(f"the event at position {position} is not what was hashed")
print(f"{position} events, chain hash {previous.hex()}")
