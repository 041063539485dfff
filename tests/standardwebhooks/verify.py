"""Takes webhooks from a running daftar and verifies each with PyPI's standardwebhooks.

It makes a webhook at the service for an address of its own on loopback (the service has to be started
with --webhooks-allow-private), asks for test messages, rotates the secret in between, and ends with 0
once as many messages as asked for were verified: all of them by the newest secret, those between the
rotation and the end by the one before too. One bad message, or none for a while, ends it with 1.

    DAFTAR_BASE=http://127.0.0.1:8480 DAFTAR_ADMIN_KEY=… verify.py [messages]
"""

import http.server
import json
import os
import queue
import sys
import threading
import urllib.request
import uuid

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

WAIT_SECONDS = 30


class Receiver(http.server.BaseHTTPRequestHandler):
    messages: "queue.Queue[tuple[dict[str, str], bytes]]" = queue.Queue()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.messages.put((headers, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


def post(base: str, key: str, path: str, body: dict) -> dict:
    request = urllib.request.Request(
        f"{base}/api/webhooks{path}",
        data=json.dumps(body).encode(),
        headers={
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "idempotency-key": str(uuid.uuid4()),
        },
    )
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as response:
        return json.load(response)


def verifies(secret: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body.decode(), headers)
    except WebhookVerificationError:
        return False
    return True


def main() -> int:
    base, key = os.environ["DAFTAR_BASE"], os.environ["DAFTAR_ADMIN_KEY"]
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = post(base, key, "", {"url": f"http://127.0.0.1:{server.server_port}/hook"})
    hook, secrets = made["webhook"]["id"], [made["secret"]]
    for number in range(wanted):
        if number == wanted // 2:
            secrets.append(post(base, key, f"/{hook}/rotate-secret", {})["secret"])
        post(base, key, f"/{hook}/test", {})
        try:
            headers, body = Receiver.messages.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            print(f"message {number + 1} did not come", file=sys.stderr)
            return 1
        for secret in secrets:
            if not verifies(secret, headers, body):
                print(f"message {number + 1} is not signed by every live secret", file=sys.stderr)
                return 1
        # What was changed on the way, or signed by somebody else, has to be noticed.
        other = "whsec_" + "A" * 43 + "="
        if verifies(secrets[-1], headers, body + b" ") or verifies(other, headers, body):
            print("a forged message was verified", file=sys.stderr)
            return 1
    print(f"{wanted} messages verified, a rotation among them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
