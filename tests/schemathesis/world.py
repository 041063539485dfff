"""Things for requests to be about: each function makes, over HTTP, what one operation needs, and
returns the parts of a request that will then be accepted."""

import hashlib
import hmac
import json
import os
import time
import uuid

import requests

BASE = os.environ["DAFTAR_BASE"]
KEYS = json.loads(os.environ["DAFTAR_KEYS"])  # role -> list of keys
GATEWAY = json.loads(os.environ.get("DAFTAR_GATEWAY", "{}"))  # name, secret, book
IBAN = "IQ98NBIQ850123456789012"
PDF = b"%PDF-1.7\n"
# Of what happens rarely, so that little is sent.
NEW_WEBHOOK = {"url": "http://127.0.0.1:9/hook", "types": ["order.reopened"]}

session = requests.Session()
_count = 0


def fresh(prefix):
    """A name of this process's own, the same in every run."""
    global _count
    _count += 1
    return f"{prefix}-{os.environ.get('DAFTAR_RUN', 'run')}-{_count}"


def iqd(amount):
    return {"amount": amount, "currency": "IQD"}


def ask(role, method, path, body=None, headers=None, **more):
    headers = {
        "Authorization": f"Bearer {KEYS[role][0]}",
        "Idempotency-Key": fresh("key"),
        **(headers or {}),
    }
    if isinstance(body, bytes):
        more["data"] = body
    elif body is not None:
        more["json"] = body
    reply = session.request(method, BASE + path, headers=headers, timeout=60, **more)
    if not reply.ok:
        raise RuntimeError(f"{method} {path} by {role}: {reply.status_code} {reply.text[:300]}")
    return reply.json() if reply.content else None


def post(role, path, body=None, **more):
    return ask(role, "POST", path, {} if body is None else body, **more)


# Customers, wallets, money.


def customer(money="20000"):
    name = fresh("c")
    if money:
        post("finance", f"/api/customers/{name}/wallet/deposits",
             {"amount": iqd(money), "payment": {"cash": {}}})
    return name


def payment(kind="cash", amount="5000"):
    how = {"cash": {}} if kind == "cash" else {
        "bank_transfer": {"account": "rafidain-1", "reference": fresh("R"), "date": "2026-01-10"}}
    return post("finance", "/api/payments", {"amount": iqd(amount), "kind": how})["payment"]


def debtor():
    """One who spent money that never was."""
    name = customer(None)
    false = payment("bank_transfer")
    post("finance", f"/api/payments/{false['id']}/allocate", {"to": {"customer": name}})
    place(name, "5000")
    post("admin", f"/api/payments/{false['id']}/reverse", {"reason": "forged"})
    return name


def wallet_version(name):
    return ask("finance", "GET", f"/api/customers/{name}/wallet")["wallets"][0]["version"]


# Orders.


def place(who=None, price="1000", method="wallet_full", quantity="1"):
    total = str(int(price) * int(quantity))
    return post("client", "/api/orders", {
        "customer": who or customer(), "method": method,
        "lines": [{"sku": "ACID-1", "quantity": quantity, "unit_price": iqd(price)}],
        "total": iqd(total),
    })["order"]


def step(order, role, name, body=None):
    return post(role, f"/api/orders/{order['id']}/{name}", body)["order"]


PATH = [
    ("released", "finance", "release", None),
    ("processing", "warehouse", "start-processing", None),
    ("packed", "warehouse", "pack", None),
    ("dispatched", "logistics", "dispatch", {"carrier": "own van"}),
    ("delivered", "logistics", "deliver", None),
]


def order(stage="paid", quantity="2"):
    one = place(quantity=quantity)
    if stage == "paid":
        return one
    for reached, role, name, body in PATH:
        if reached == "dispatched":
            body = {"carrier": "own van", "with_code": stage == "with_code"}
        one = step(one, role, name, body)
        if reached == stage or (reached == "dispatched" and stage == "with_code"):
            return one
    raise ValueError(stage)


def failed():
    one = order("dispatched")
    return step(one, "logistics", "fail-delivery", {"shipment": shipment(one), "reason": "nobody there"})


def shipment(one):
    return one["shipments"][0]["id"]


def receipt():
    one = place(method="bank_transfer_grace")
    return post("client", f"/api/orders/{one['id']}/receipts", PDF + fresh("f").encode(),
                headers={"Content-Type": "application/pdf"})["order"]


def proposal():
    one = order()
    return post("second", f"/api/orders/{one['id']}/cancel?propose=true", {"reason": "asked-for"})["approval"]["id"]


def transfer():
    return {"account": "rafidain-1", "reference": fresh("T"), "date": "2026-01-10"}


def line(amount="5000"):
    return post("finance", "/api/statement-lines", {
        "account": "rafidain-1", "line": fresh("L"), "date": "2026-01-10", "amount": iqd(amount)})["statement_line"]


def suspense():
    return post("finance", "/api/suspense-items", {
        "owner": "finance", "reason": "nobody knows", "currency": "IQD"})["suspense"]["id"]


def top_up():
    name = customer()
    return post("client", f"/api/customers/{name}/wallet/top-ups?currency=IQD&claimed=100",
                PDF + fresh("t").encode(), headers={"Content-Type": "application/pdf"})["request"]


def withdrawal():
    name = customer()
    return post("client", f"/api/customers/{name}/wallet/withdrawals", {
        "amount": iqd("100"), "destination": {"iban": IBAN, "holder": "Zainab"}})["request"]


def signed(body):
    """What a gateway signs with its secret."""
    raw = json.dumps(body).encode()
    now = str(int(time.time()))
    secret = GATEWAY["secret"].encode()
    mac = hmac.new(secret, now.encode() + b"." + raw, hashlib.sha256)
    return {"Daftar-Signature": f"t={now},v1={mac.hexdigest()}"}


def of(path, body=None, **more):
    return {"path": path, "body": body, **more}


def at(one, body=None, **more):
    return of({"order": one["id"]}, body, **more)


def about(name, body=None, **more):
    return of({"customer": name}, body, **more)


def version(number):
    return {"If-Match": f'"v{number}"'}


def last_step(one):
    steps = ask("finance", "GET", f"/api/orders/{one['id']}/timeline?limit=200")["steps"]
    return [s for s in steps if s["stream"] == "order"][-1]["sequence"]


def correction():
    one = order("released")
    return at(one, {"sequence": last_step(one), "reason": "too early", "ticket": "T-1"},
              headers=version(one["version"]))


def wallet_correction():
    name = customer()
    steps = ask("finance", "GET", f"/api/customers/{name}/wallet/statement")["lines"]
    return about(name, {"sequence": steps[0]["sequence"], "currency": "IQD", "reason": "wrong", "ticket": "T-1"},
                 headers=version(wallet_version(name)))


def coded():
    one = order("with_code")
    post("finance", f"/api/orders/{one['id']}/delivery-codes", {"shipment": shipment(one)})
    return one


def returning():
    one = failed()
    return step(one, "logistics", "return-to-origin", {"shipment": shipment(one)})


def returned():
    one = order("delivered")
    return step(one, "warehouse", "returns", {"lines": [{"line": 1, "quantity": "1"}], "reason": "too much"})


def held():
    return step(order(), "finance", "hold", {"department": "finance", "reason": "asked back"})


def cancelled():
    return step(order(), "client", "cancel", {"reason": "changed-my-mind"})


def because(**more):
    return {"reason": "as agreed", **more}


def frozen():
    name = customer()
    post("finance", f"/api/customers/{name}/wallet/freeze", because(currency="IQD"))
    return name


def closed():
    name = fresh("c")
    post("finance", f"/api/customers/{name}/wallet/deposits", {"amount": iqd("10"), "payment": {"cash": {}}})
    place(name, "10")
    post("finance", f"/api/customers/{name}/wallet/close", because(currency="IQD"))
    return name


def emptied():
    name = fresh("c")
    post("finance", f"/api/customers/{name}/wallet/deposits", {"amount": iqd("10"), "payment": {"cash": {}}})
    place(name, "10")
    return name


def adjustment():
    return {"amount": iqd("5"), "direction": "credit", "item": suspense(), "reason": "found"}


def explained():
    name, item = customer(), suspense()
    post("finance", f"/api/customers/{name}/wallet/adjustments",
         {"amount": iqd("5"), "direction": "credit", "item": item, "reason": "found"})
    return of({"item": item}, {"against": "write_off", "reason": "small"})


def callback():
    body = {"id": fresh("g"), "amount": iqd("500"), "customer": fresh("c")}
    return of({"book": GATEWAY["book"], "gateway": GATEWAY["name"]}, body, headers=signed(body))


def key_of_someone():
    name = fresh("p")
    post("admin", "/api/admin/principals", {"id": name, "kind": "person", "role": "auditor"})
    return post("admin", "/api/admin/keys", {"principal": name})["id"]


def webhook():
    made = post("admin", "/api/webhooks", {"url": "http://127.0.0.1:9/" + fresh("w")})
    return made["webhook"]["id"]


def principal():
    name = fresh("p")
    post("admin", "/api/admin/principals", {"id": name, "kind": "person", "role": "auditor"})
    return name


def matched():
    paid, said = payment("bank_transfer"), line()
    return of({"statement_line": said["id"]}, {"payments": [paid["id"]]})


def placed_body():
    who = customer()
    return of({}, {"customer": who, "method": "wallet_full", "total": iqd("1000"),
                   "lines": [{"sku": "ACID-1", "quantity": "1", "unit_price": iqd("1000")}]})


def ship(one, **more):
    return at(one, {"shipment": shipment(one), **more})


def webhook():
    """At a port of this machine where nobody listens."""
    return post("admin", "/api/webhooks", NEW_WEBHOOK)["webhook"]["id"]


def disabled_webhook():
    one = webhook()
    post("admin", f"/api/webhooks/{one}/disable")
    return one


def delivery(body=None):
    one = webhook()
    sent = post("admin", f"/api/webhooks/{one}/test")["delivery"]["id"]
    return of({"webhook": one, "delivery": sent}, body)


def hooked(body=None):
    return of({"webhook": webhook()}, body)


def job(path, **wish):
    """The one that is under way already is as good."""
    reply = session.post(f"{BASE}/api/admin/{path}", json=wish, timeout=60, headers={
        "Authorization": f"Bearer {KEYS['admin'][0]}", "Idempotency-Key": fresh("key")})
    if reply.status_code == 409 and "job" in reply.json():
        return reply.json()["job"]
    reply.raise_for_status()
    return reply.json()["job"]["id"]


def rebuild(**wish):
    return job("projections/timeline/rebuild", **wish)


def ready():
    """A rebuild that waits for a decision."""
    ends, one = time.monotonic() + 60, rebuild(preview=True)
    while time.monotonic() < ends:
        state = ask("admin", "GET", f"/api/admin/jobs/{one}")["job"]["state"]
        if state == "ready":
            return of({"job": one}, {"accept_differences": True})
        if state in ("done", "failed", "cancelled"):
            one = rebuild(preview=True)
        time.sleep(0.1)
    raise RuntimeError(f"{one} is not ready in time")


def verification():
    return job("verify")


def alert():
    """Of a receipt that claims far less than is due: a monitor sees it within a minute."""
    ends, is_made = time.monotonic() + 120, False
    while time.monotonic() < ends:
        listed = ask("admin", "GET", "/api/admin/alerts?monitor=claimed-far-from-due&limit=200")
        unresolved = [one["id"] for one in listed["alerts"] if one["state"] != "resolved"]
        if unresolved:
            return unresolved[0]
        if not is_made:
            one = place(method="bank_transfer_grace")
            post("client", f"/api/orders/{one['id']}/receipts?claimed=1&currency=IQD",
                 PDF + fresh("f").encode(), headers={"Content-Type": "application/pdf"})
            is_made = True
        time.sleep(0.5)
    raise RuntimeError("no monitor looks at receipts")


def receipt_path(body=None):
    one = receipt()
    return of({"order": one["id"], "receipt": one["receipts"][0]["id"]}, body)


MAKERS = {
    "place_order": placed_body,
    "get_order": lambda: at(order()),
    "get_order_events": lambda: at(order()),
    "get_order_timeline": lambda: at(order()),
    "get_allowed_commands": lambda: at(order()),
    "cancel_order": lambda: at(order(), {"reason": "changed-my-mind"}),
    "cancel_lines_order": lambda: at(order(), {"lines": [{"line": 1, "quantity": "1"}], "reason": "sold-out"}),
    "release_order": lambda: at(order(), {}),
    "start_processing_order": lambda: at(order("released"), {}),
    "pack_order": lambda: at(order("processing"), {}),
    "reject_stock_order": lambda: at(order("processing"), because()),
    "dispatch_order": lambda: at(order("packed"), {"carrier": "own van", "with_code": False}),
    "deliver_order": lambda: at(order("dispatched"), {}),
    "complete_order": lambda: at(order("delivered"), {}),
    "fail_delivery_order": lambda: ship(order("dispatched"), reason="nobody there"),
    "retry_delivery_order": lambda: ship(failed()),
    "return_to_origin_order": lambda: ship(failed()),
    "receive_back_order": lambda: ship(returning()),
    "returns_order": lambda: at(order("delivered"), {"lines": [{"line": 1, "quantity": "1"}], "reason": "broken"}),
    "refunds_order": lambda: at(returned(), {"fees": False, "reason": "broken"}),
    "hold_order": lambda: at(order(), {"department": "finance", "reason": "asked back"}),
    "lift_hold_order": lambda: at(held(), {"department": "finance"}),
    "reopen_order": lambda: at(cancelled(), because()),
    "corrections_order": correction,
    "edit_order": lambda: (lambda one: at(one, {
        "lines": [{"sku": "ACID-2", "quantity": "1", "unit_price": iqd("700")}], "total": iqd("700")},
        headers=version(one["version"])))(order()),
    "pay_from_wallet_order": lambda: at(place(method="bank_transfer_grace"), {}),
    "receipts_order": lambda: at(place(method="bank_transfer_grace")),
    "approve_receipt": lambda: receipt_path({"verified": iqd("1000"), "transfer": transfer()}),
    "reject_receipt": lambda: receipt_path(because()),
    "get_receipt_file": receipt_path,
    "delivery_codes_order": lambda: ship(order("with_code")),
    "get_delivery_code": lambda: at(coded()),
    "get_customer_orders": lambda: about(place()["customer"]),
    "get_customer_wallet": lambda: about(customer()),
    "get_customer_wallet_requests": lambda: about(customer()),
    "get_wallet_statement": lambda: about(customer()),
    "deposit_into_wallet": lambda: about(fresh("c"), {"amount": iqd("100"), "payment": {"cash": {}}}),
    "freeze_wallet": lambda: about(customer(), because(currency="IQD")),
    "unfreeze_wallet": lambda: about(frozen(), because(currency="IQD")),
    "close_wallet": lambda: about(emptied(), because(currency="IQD")),
    "reopen_wallet": lambda: about(closed(), because(currency="IQD")),
    "goodwill_wallet": lambda: about(customer(), {"amount": iqd("5"), "reason": "sorry"}),
    "adjust_wallet": lambda: about(customer(), adjustment()),
    "correct_wallet": wallet_correction,
    "repay_debt": lambda: (lambda who: (post("finance", f"/api/customers/{who}/wallet/deposits", {
        "amount": iqd("50"), "payment": {"cash": {}}}), about(who, {"currency": "IQD"}))[1])(debtor()),
    "write_off_debt": lambda: about(debtor(), because(currency="IQD")),
    "request_top_up": lambda: about(customer(), query={"currency": "IQD"}),
    "approve_top_up": lambda: of({"request": top_up()}, {"verified": iqd("100"), "transfer": transfer()}),
    "reject_top_up": lambda: of({"request": top_up()}, because()),
    "get_top_up_file": lambda: of({"request": top_up()}),
    "request_withdrawal": lambda: about(customer(), {"amount": iqd("100"), "destination": {"iban": IBAN, "holder": "Zainab"}}),
    "get_withdrawal": lambda: of({"request": withdrawal()}),
    "pay_withdrawal": lambda: of({"request": withdrawal()}, {"account": "rafidain-1", "reference": fresh("W")}),
    "fail_withdrawal": lambda: of({"request": withdrawal()}, because()),
    "record_payment": lambda: of({}, {"amount": iqd("500"), "kind": {"cash": {}}}),
    "get_payment": lambda: of({"payment": payment()["id"]}),
    "allocate_payment": lambda: of({"payment": payment()["id"]}, {"to": {"customer": customer()}}),
    "bank_cash": lambda: of({"payment": payment()["id"]}, {"account": "rafidain-1"}),
    "reverse_payment": lambda: of({"payment": payment("bank_transfer")["id"]}, because()),
    "correct_payment": lambda: (lambda paid: of({"payment": paid["id"]}, because(ticket="T-1"),
                                                headers=version(paid["version"])))(payment()),
    "repay_debt_from_payment": lambda: of({"payment": payment()["id"]}, {"customer": debtor()}),
    "record_statement_line": lambda: of({}, {"account": "rafidain-1", "line": fresh("L"), "date": "2026-01-10", "amount": iqd("70")}),
    "get_statement_line": lambda: of({"statement_line": line()["id"]}),
    "match_statement_line": matched,
    "open_suspense_item": lambda: of({}, {"owner": "finance", "reason": "nobody knows", "currency": "IQD"}),
    "get_suspense_item": lambda: of({"item": suspense()}),
    "explain_suspense_item": explained,
    "get_approval": lambda: of({"approval": proposal()}),
    "approve_proposal": lambda: of({"approval": proposal()}, {}),
    "reject_proposal": lambda: of({"approval": proposal()}, because()),
    "gateway_callback": callback,
    "create_principal": lambda: of({}, {"id": fresh("p"), "kind": "person", "role": "auditor"}),
    "create_key": lambda: of({}, {"principal": principal()}),
    "revoke_key": lambda: of({"key": key_of_someone()}),
    "rotate_key": lambda: of({"key": key_of_someone()}, {}),
    "disable_principal": lambda: of({"principal": principal()}, {}),
    "create_webhook": lambda: of({}, {"url": "http://127.0.0.1:9/" + fresh("w")}),
    "get_webhook": lambda: of({"webhook": webhook()}),
    "delete_webhook": lambda: of({"webhook": webhook()}),
    "update_webhook": lambda: of({"webhook": webhook()}, {"description": "another"}),
    "rotate_webhook_secret": lambda: of({"webhook": webhook()}, {}),
    "disable_webhook": lambda: of({"webhook": webhook()}, {}),
    "enable_webhook": lambda: of({"webhook": webhook()}, {}),
    "test_webhook": lambda: of({"webhook": webhook()}, {}),
    "list_webhook_deliveries": lambda: of({"webhook": webhook()}),
    "replay_webhook": lambda: of({"webhook": webhook()}, {"from": 1, "to": 2}),
    "create_webhook": lambda: of({}, NEW_WEBHOOK),
    "get_webhook": hooked,
    "update_webhook": lambda: hooked(NEW_WEBHOOK),
    "delete_webhook": hooked,
    "disable_webhook": lambda: hooked({}),
    "enable_webhook": lambda: of({"webhook": disabled_webhook()}, {}),
    "rotate_webhook_secret": lambda: hooked({}),
    "test_webhook": lambda: hooked({}),
    "replay_webhook": lambda: hooked({"from": 0}),
    "list_webhook_deliveries": hooked,
    "get_webhook_delivery": delivery,
    "retry_webhook_delivery": lambda: delivery({}),
    "rebuild_projection": lambda: of({"name": "wallet_lines"}, {}),
    "verify_book": lambda: of({}, {"since": 0}),
    "get_job": lambda: of({"job": verification()}),
    "cancel_job": lambda: of({"job": rebuild(preview=True)}, {}),
    "switch_job": ready,
    "get_alert": lambda: of({"alert": alert()}),
    "acknowledge_alert": lambda: of({"alert": alert()}, {"note": "T-1"}),
    "list_alert_changes": lambda: of({}, query={"after": "0"}),
    "replay_book": lambda: of({}, query={"as_of": "3"}),
    "replay_order": lambda: at(order()),
    "replay_wallet": lambda: of({"wallet": customer() + ":IQD"}),
    "replay_view": lambda: of({"name": "wallet_balances"}, query={"limit": "5"}),
    "replay_diff": lambda: of({}, query={"from": "1", "to": "5"}),
    "change_settings": lambda: of({}, {"reminder_hours": [24], "reason": "a trial"}),
}
