//! Statuses and methods as they were really stored.

use legacy::{CustomerStatus, ManagementStatus, Method, PaymentStatus, Phase};

#[test]
fn every_synonym_of_a_method_is_read_as_its_code() {
    let synonyms: [(&str, &[&str]); 4] = [
        ("wallet_full", &["wallet_full", "wallet", "wallet_payment", "digital_wallet", " Wallet "]),
        ("wallet_partial", &["wallet_partial", "wallet_combined"]),
        (
            "bank_transfer_grace",
            &[
                "bank_transfer_grace",
                "bank_transfer",
                "bank_receipt",
                "grace_period",
                "traditional",
                "bank",
                "واریز بانکی با مهلت 3 روزه",
                "واريز بانكي با مهلت ۳ روزه",
                "Bank Transfer - Somebody",
            ],
        ),
        (
            "online_payment",
            &[
                "online_payment",
                "fib_online",
                "online",
                "bank_gateway",
                "gateway",
                "iraqi_bank",
                "sep",
                "credit_card",
                "درگاه بانکی",
                "درگاه\u{200c}بانكى",
            ],
        ),
    ];
    for (code, texts) in synonyms {
        for text in texts {
            assert_eq!(Method::parse(text).code(), Some(code), "{text}");
        }
    }
}

#[test]
fn what_is_no_method_stays_what_it_was() {
    for text in ["cash_on_delivery", "company_credit", "bitcoin", ""] {
        assert_eq!(Method::parse(text), Method::Other(text.to_owned()));
    }
    let Method::Other(kept) = Method::parse(&"x".repeat(10_000)) else { panic!("no such method") };
    assert_eq!(kept.len(), 64);
}

#[test]
fn every_listed_status_reads_back_as_its_own_code() {
    let customer = "pending payment_grace_period pending_payment awaiting_payment confirmed \
        processing finance_pending financial_approved warehouse_ready warehouse_pending \
        warehouse_verified shipped in_transit delivered cancelled deleted payment_failed \
        payment_rejected pending_additional_documents refunded partially_refunded completed";
    for code in customer.split_whitespace() {
        let status = CustomerStatus::parse(code);
        assert!(!matches!(status, CustomerStatus::Other(_)), "{code}");
        assert_eq!(status.code(), code);
    }
    let management = "pending_payment payment_grace_period payment_uploaded financial_reviewing \
        financial_approved financial_rejected financial_auto_approved warehouse_pending \
        warehouse_notified warehouse_processing warehouse_approved warehouse_rejected \
        logistics_assigned logistics_processing logistics_dispatched logistics_delivered completed \
        cancelled pending finance_pending financial_pending financial_review warehouse_ready \
        warehouse_verified warehouse_fulfilled logistics_pending in_transit shipped \
        out_for_delivery delivered confirmed auto_approved payment_incomplete finance_rejected";
    for code in management.split_whitespace() {
        let status = ManagementStatus::parse(code);
        assert!(!matches!(status, ManagementStatus::Other(_)), "{code}");
        assert_eq!(status.code(), code);
        assert!(!status.phases().is_empty(), "{code} names no phase");
    }
    let payment = "pending unpaid grace_period processing partial receipt_uploaded \
        additional_documents_required paid rejected failed refunded partial_refund";
    for code in payment.split_whitespace() {
        assert_eq!(PaymentStatus::parse(code).code(), code);
    }
    assert_eq!(PaymentStatus::parse("confirmed"), PaymentStatus::Paid);
    assert_eq!(PaymentStatus::parse("successful"), PaymentStatus::Paid);
}

#[test]
fn both_names_of_every_phase_are_read_as_that_phase() {
    let table = [
        (Phase::AwaitingPayment, "pending", "pending_payment"),
        (Phase::AwaitingPayment, "payment_grace_period", "payment_grace_period"),
        (Phase::PaymentReview, "pending", "payment_uploaded"),
        (Phase::PaymentRejected, "payment_rejected", "financial_rejected"),
        (Phase::FinanceReview, "paid", "financial_reviewing"),
        (Phase::WarehouseReady, "warehouse_ready", "warehouse_pending"),
        (Phase::WarehouseProcessing, "preparing", "warehouse_processing"),
        (Phase::StockRejected, "delayed", "warehouse_rejected"),
        (Phase::Packed, "preparing", "warehouse_approved"),
        (Phase::PartlyShipped, "partly_shipped", "logistics_partly_dispatched"),
        (Phase::Dispatched, "shipped", "logistics_dispatched"),
        (Phase::DeliveryFailed, "delivery_failed", "logistics_failed"),
        (Phase::ReturningToOrigin, "returning", "logistics_returning"),
        (Phase::Delivered, "delivered", "logistics_delivered"),
        (Phase::Completed, "completed", "completed"),
        (Phase::Cancelled, "cancelled", "cancelled"),
        (Phase::Expired, "expired", "expired"),
        (Phase::Returned, "returned", "returned"),
    ];
    for (phase, customer, management) in table {
        let customer = CustomerStatus::parse(customer);
        assert!(customer.phases(&PaymentStatus::Unpaid).contains(&phase), "{customer:?}");
        assert!(ManagementStatus::parse(management).phases().contains(&phase), "{management}");
    }
}

#[test]
fn a_text_in_no_list_names_no_phase() {
    let status = CustomerStatus::parse("Order moved to the shelf");
    assert_eq!(status, CustomerStatus::Other("Order moved to the shelf".to_owned()));
    assert!(status.phases(&PaymentStatus::Paid).is_empty());
    assert!(ManagementStatus::parse("").phases().is_empty());
}
