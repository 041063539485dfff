"""A shop's server, written against a client that was generated from the description: it places an
order, retries, pays from the wallet, reads, and is refused."""

import json
import os
import uuid

from daftar_client import AuthenticatedClient
from daftar_client.api.customers import get_customer_wallet
from daftar_client.api.orders import get_order, pay_from_wallet_order, place_order
from daftar_client.api.wallets import deposit_into_wallet
from daftar_client.models import (
    Amount,
    Cash,
    CustomerWallets,
    Deposit,
    Money,
    OrderReply,
    OrderView,
    PayFromWallet,
    PaymentKindType1,
    PlacedLine,
    PlaceOrder,
    PlaceOrderMethod,
    ProblemReply,
    WalletReply,
)

BASE, KEYS = os.environ["DAFTAR_BASE"], json.loads(os.environ["DAFTAR_KEYS"])


def client(role):
    return AuthenticatedClient(base_url=BASE, token=KEYS[role][0])


def key():
    return str(uuid.uuid4())


def must_be(kind, value):
    assert isinstance(value, kind), f"{value!r} is no {kind.__name__}"
    return value


def order(customer, amount):
    price = Money(amount=amount, currency="IQD")
    return PlaceOrder(
        customer=customer,
        method=PlaceOrderMethod.BANK_TRANSFER_GRACE,
        lines=[PlacedLine(sku="ACETONE-5L", quantity="1", unit_price=price)],
        total=price,
    )


def main():
    shop, finance = client("client"), client("finance")
    customer = f"smoke-{uuid.uuid4().hex[:8]}"
    money = Deposit(amount=Amount(amount="1000", currency="IQD"), payment=PaymentKindType1(cash=Cash()))
    filled = deposit_into_wallet.sync(customer, client=finance, body=money, idempotency_key=key())
    must_be(WalletReply, filled)

    attempt = key()
    placed = place_order.sync_detailed(client=shop, body=order(customer, "400.5"), idempotency_key=attempt)
    assert placed.status_code == 201, placed
    first = must_be(OrderReply, placed.parsed)
    assert placed.headers["Location"] == f"/api/orders/{first.order.id}"

    again = place_order.sync_detailed(client=shop, body=order(customer, "400.5"), idempotency_key=attempt)
    assert again.status_code == 201 and again.headers["Idempotency-Replayed"] == "true", again
    assert must_be(OrderReply, again.parsed).order.id == first.order.id

    other = place_order.sync_detailed(client=shop, body=order(customer, "7"), idempotency_key=attempt)
    problem = must_be(ProblemReply, other.parsed)
    assert (other.status_code, problem.code) == (422, "idempotency-key-reused"), problem

    paid = pay_from_wallet_order.sync(str(first.order.id), client=shop, body=PayFromWallet(), idempotency_key=key())
    assert must_be(OrderReply, paid).order.owed.amount == "0", paid
    read = must_be(OrderView, get_order.sync(str(first.order.id), client=shop))
    assert read.order.received.amount == "400.5" and read.order.version == paid.order.version, read
    wallet = must_be(CustomerWallets, get_customer_wallet.sync(customer, client=shop)).wallets[0]
    assert wallet.balance.amount == "599.5", wallet

    more = must_be(OrderReply, place_order.sync(client=shop, body=order(customer, "600"), idempotency_key=key()))
    poor = pay_from_wallet_order.sync(str(more.order.id), client=shop, body=PayFromWallet(), idempotency_key=key())
    problem = must_be(ProblemReply, poor)
    assert problem.code == "insufficient-funds" and problem.status == 422, problem
    assert problem["available"] == {"amount": "599.5", "currency": "IQD"}, problem

    missing = must_be(ProblemReply, get_order.sync(str(uuid.uuid4()), client=shop))
    assert missing.code == "order-not-found" and missing.status == 404, missing
    print("  placed, retried, paid, read and refused by the generated client")


main()
