"""Starts a service with sample data and a key for every role, and holds it against its own
description: with schemathesis, with a client that is generated from it, and with the library that
receivers of webhooks use.

    check.py <daftar binary> <directory of the tools> [--full]
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ROLES = ["client", "finance", "warehouse", "logistics", "auditor", "admin", "gateway"]
SERVICES = ("client", "gateway")
SEED = "94"
# What is left out, and why:
# not_a_server_error - a 503 with Retry-After is an answer: answers_or_says_when allows that one;
# positive_data_acceptance - a request of the right form may still be refused by a rule, which is
#   what most of the statuses are for;
# negative_data_rejection - what is no JSON of the schema's is often the same text over HTTP, and is
#   then rightly taken;
# allow_header_conformance - HEAD is answered wherever GET is, and no operation describes it;
# object_level_authorization - needs several users of one role; the matrix test covers it.
CHECKS = ",".join([
    "answers_or_says_when",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "missing_required_header",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
])


class Service:
    """`daftar serve` on a private Postgres of its own."""

    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAFTAR_", "DATABASE_URL"))}
        self.environment["DAFTAR_DATA"] = str(directory)
        self.environment["DAFTAR_RATE_LIMIT"] = "off"
        self.environment["DAFTAR_PEER_RATE_LIMIT"] = "off"
        self.admin = self.tell("keys", "create", "--role", "admin", "--principal", "owner")["key"]
        self.second = self.tell("keys", "create", "--role", "admin", "--principal", "second")["key"]
        self.gateway = self.tell("gateways", "add", "zain")
        self.log = open(directory / "serve.log", "wb")
        self.process = subprocess.Popen(
            [binary, "serve", "--webhooks-allow-private", "--listen", "127.0.0.1:0"],
            env={**self.environment, "RUST_LOG": "info"}, stderr=self.log, stdout=subprocess.DEVNULL)
        self.base = self.await_serving()

    def tell(self, *words):
        done = subprocess.run([self.binary, "--json", *words], env=self.environment,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"daftar {' '.join(words)} failed:\n{done.stderr}")
        return json.loads(done.stdout)

    def await_serving(self):
        """Its address, as it says itself once it listens."""
        ends = time.monotonic() + 120
        while time.monotonic() < ends and self.process.poll() is None:
            for line in (self.directory / "serve.log").read_text().splitlines():
                said = re.search(r"127\.0\.0\.1:[0-9]+", line) if "serving" in line else None
                if said:
                    return f"http://{said[0]}"
            time.sleep(0.1)
        sys.exit(f"the service does not serve:\n{(self.directory / 'serve.log').read_text()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def keys(service):
    """A key for every role, of principals made over HTTP."""
    import requests

    def post(path, body):
        reply = requests.post(service.base + path, json=body, timeout=60, headers={
            "Authorization": f"Bearer {service.admin}", "Idempotency-Key": f"setup-{json.dumps(body)}"[:200]})
        if not reply.ok:
            sys.exit(f"{path}: {reply.status_code} {reply.text}")
        return reply.json()

    all_keys = {"admin": [service.admin], "second": [service.second]}
    for role in ROLES:
        if role == "admin":
            continue
        kind = "service" if role in SERVICES else "person"
        post("/api/admin/principals", {"id": role, "kind": kind, "role": role})
        all_keys[role] = [post("/api/admin/keys", {"principal": role})["key"]]
    return all_keys


def run_schemathesis(tools, service, all_keys, role, part, examples, directory):
    report = directory / f"{role}-{part}.json"
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tools}:{HERE}",
        "PYTHONHASHSEED": "0",
        "SCHEMATHESIS_HOOKS": "hooks",
        "DAFTAR_BASE": service.base,
        "DAFTAR_KEYS": json.dumps(all_keys),
        "DAFTAR_GATEWAY": json.dumps({"name": "zain", "book": "main", "secret": service.gateway["secret"]}),
        "DAFTAR_ROLE": role,
        "DAFTAR_PART": part,
        "DAFTAR_RUN": f"{role}-{part}",
        "DAFTAR_REPORT": str(report),
        "DAFTAR_MADE_MAX": str(max(3, examples // 10)),
    }
    # What a role may not do is asked less often: there is one answer to it.
    many = examples if part == "allowed" else 2
    phases = "examples,fuzzing"
    if part == "allowed":
        # Edge cases of every parameter take longest, and come with the long counts.
        phases = "examples,coverage,fuzzing,stateful" if examples >= 100 else "examples,fuzzing,stateful"
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{service.base}/api/openapi.json",
        "--checks", CHECKS, "--phases", phases, "--max-examples", str(many), "--seed", SEED,
        "--generation-database", "none", "--no-shrink", "--continue-on-failure", "--no-color",
        "--workers", "1", "--request-timeout", "60", "--warnings", "off",
        "--suppress-health-check", "all", "--header", f"Authorization: Bearer {all_keys[role][0]}",
    ]
    began = time.monotonic()
    with open(directory / f"{role}-{part}.log", "w", encoding="utf-8") as log:
        code = subprocess.run(command, env=environment, cwd=directory, stdout=log, stderr=log, check=False).returncode
    told = json.loads(report.read_text()) if report.exists() else {"replies": {}, "unmade": {}}
    requests = sum(sum(counts.values()) for counts in told["replies"].values())
    print(f"  {role:10} {part:8} {len(told['replies']):4} operations {requests:6} requests "
          f"{time.monotonic() - began:6.1f} s  {'ok' if code == 0 else 'FAILED'}", flush=True)
    return code, told


def check_schemathesis(tools, service, all_keys, full, directory):
    examples = 100 if full else 5
    document = json.loads(Path(ROOT / "docs/openapi.json").read_text())
    operations = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    statuses, reached, failed, unmade = Counter(), set(), [], {}
    # What they may not do is asked by every role in the long run, and by two in the short one.
    refused = [role for role in ROLES if role != "admin"] if full else ["client", "auditor"]
    runs = [(role, "allowed") for role in ROLES] + [(role, "rest") for role in refused]
    # The longest first, and one a core.
    runs.sort(key=lambda run: (run != ("admin", "allowed"), run != ("finance", "allowed"), run[1]))
    with ThreadPoolExecutor(max_workers=2) as pool:
        told = list(pool.map(
            lambda run: run_schemathesis(tools, service, all_keys, *run, examples, directory), runs))
    for (role, part), (code, told) in zip(runs, told):
        if code != 0:
            failed.append(f"{role}-{part}")
        unmade.update(told["unmade"])
        for operation, counts in told["replies"].items():
            statuses.update(counts)
            if any(status.startswith("2") for status in counts):
                reached.add(operation)
    total = len(operations)
    print(f"  {sum(statuses.values())} requests: "
          + ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items())))
    print(f"  {len(reached)} of {total} operations reached 2xx ({100 * len(reached) // total} %)")
    print(f"  never: {', '.join(sorted(operations - reached)) or 'none'}")
    for operation, error in sorted(unmade.items()):
        print(f"  could not make what {operation} needs: {error}")
    for name in failed:
        text = (directory / f"{name}.log").read_text()
        print(f"\n--- {name}\n{text[-12000:]}")
    enough = 2 * len(reached) >= total
    if not enough:
        print("  less than half of the operations reached 2xx")
    return not failed and not unmade and enough


def check_client(tools, service, all_keys, directory):
    """A client that is generated from the committed description."""
    made = directory / "client" / "daftar_client"
    made.parent.mkdir()
    config = directory / "client.yml"
    # What the generator has no name for is a file or a text to it.
    binary, text = "application/octet-stream", "text/plain"
    overrides = {"application/pdf": binary, "image/jpeg": binary, "image/png": binary, "text/csv": binary,
                 "application/openmetrics-text": text, "text/event-stream": text,
                 "application/x-ndjson": text}
    config.write_text(json.dumps({"post_hooks": [], "content_type_overrides": overrides}))
    environment = {**os.environ, "PYTHONPATH": str(tools)}
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(ROOT / "docs/openapi.json"),
         "--output-path", str(made), "--meta", "none", "--config", str(config)],
        env=environment, capture_output=True, text=True, check=False)
    (directory / "client.log").write_text(done.stdout + done.stderr)
    left_out = len(re.findall(r"WARNING parsing|Unable to parse", done.stdout + done.stderr))
    if done.returncode != 0 or left_out:
        print(done.stdout[-6000:], done.stderr[-3000:])
        return False
    environment = {**os.environ, "PYTHONPATH": f"{made.parent}:{tools}", "DAFTAR_BASE": service.base,
                   "DAFTAR_KEYS": json.dumps(all_keys)}
    return subprocess.run([sys.executable, str(ROOT / "tests/client/smoke.py")], env=environment, check=False).returncode == 0


def check_webhooks(tools, service, all_keys):
    script = ROOT / "tests/standardwebhooks/verify.py"
    environment = {**os.environ, "PYTHONPATH": str(tools), "DAFTAR_BASE": service.base,
                   "DAFTAR_ADMIN_KEY": service.admin, "DAFTAR_KEYS": json.dumps(all_keys)}
    return subprocess.run([sys.executable, str(script)], env=environment, check=False).returncode == 0


def main():
    binary, tools = sys.argv[1], sys.argv[2]
    full = "--full" in sys.argv[3:]
    only = [word.removeprefix("--only=") for word in sys.argv[3:] if word.startswith("--only=")]
    sys.path.insert(0, tools)
    directory = Path(tempfile.mkdtemp(prefix="daftar-api."))
    directory.chmod(0o755)
    # Whoever stops this leaves no service behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    service = None
    verdicts = {}
    try:
        service = Service(binary, directory)
        all_keys = keys(service)
        checks = {
            "client": lambda: check_client(tools, service, all_keys, directory),
            "webhooks": lambda: check_webhooks(tools, service, all_keys),
            "schemathesis": lambda: check_schemathesis(tools, service, all_keys, full, directory),
        }
        for name, check in checks.items():
            if only and name not in only:
                continue
            print(f"{name}:", flush=True)
            verdicts[name] = check()
    finally:
        if service:
            service.stop()
    for name, verdict in verdicts.items():
        print(f"{name}: {'ok' if verdict else 'FAILED'}")
    if all(verdicts.values()):
        shutil.rmtree(directory, ignore_errors=True)
        return 0
    print(f"What was said is in {directory}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
