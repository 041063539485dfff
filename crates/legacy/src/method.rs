//! How an order was to be paid: four codes, and what the old shop wrote instead of them.

/// A payment method of the old shop, under today's names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    WalletFull,
    WalletPartial,
    BankTransferGrace,
    OnlinePayment,
    /// A text that stands for none of the four, cut to 64 characters.
    Other(String),
}

/// The label the old shop showed for a bank transfer, where it stored it instead of the code.
const BANK_TRANSFER_LABEL: &str = "واریز بانکی با مهلت 3 روزه";
const GATEWAY_LABEL: &str = "درگاه بانکی";
/// Continued by the name of a bank or of a person, which is why the rest is not kept.
const BANK_TRANSFER_PREFIX: &str = "bank transfer -";
const OTHER_LENGTH_MAX: usize = 64;

impl Method {
    /// Reads a code, a synonym or a label. Case, spaces, Arabic letter forms and digits do not
    /// matter.
    ///
    /// Cash on delivery and company credit have no counterpart and stay `Other`.
    pub fn parse(text: &str) -> Self {
        let plain = normalise(text);
        match plain.as_str() {
            "wallet_full" | "wallet" | "wallet_payment" | "digital_wallet" => Self::WalletFull,
            "wallet_partial" | "wallet_combined" => Self::WalletPartial,
            "bank_transfer_grace"
            | "bank_transfer"
            | "bank_receipt"
            | "grace_period"
            | "bank"
            | "traditional"
            | BANK_TRANSFER_LABEL => Self::BankTransferGrace,
            "online_payment" | "fib_online" | "bank_gateway" | "gateway" | "iraqi_bank" | "sep"
            | "online" | "credit_card" | GATEWAY_LABEL => Self::OnlinePayment,
            other if other.starts_with(BANK_TRANSFER_PREFIX) => Self::BankTransferGrace,
            _ => Self::Other(text.trim().chars().take(OTHER_LENGTH_MAX).collect()),
        }
    }

    /// Today's code; none for what is not one of the four.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::WalletFull => Some("wallet_full"),
            Self::WalletPartial => Some("wallet_partial"),
            Self::BankTransferGrace => Some("bank_transfer_grace"),
            Self::OnlinePayment => Some("online_payment"),
            Self::Other(_) => None,
        }
    }

    /// Whether a wallet pays all of the order or a part of it.
    pub fn is_wallet(&self) -> bool {
        matches!(self, Self::WalletFull | Self::WalletPartial)
    }
}

/// One spelling for texts that differ only in case, spaces, and Arabic against Persian signs.
pub(crate) fn normalise(text: &str) -> String {
    let signs: String = text
        .chars()
        .filter(|sign| !matches!(sign, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'))
        .map(|sign| match sign {
            'ي' | 'ى' => 'ی',
            'ك' => 'ک',
            '\u{200c}' | '\u{a0}' => ' ',
            '۰' | '٠' => '0',
            '۱' | '١' => '1',
            '۲' | '٢' => '2',
            '۳' | '٣' => '3',
            '۴' | '٤' => '4',
            '۵' | '٥' => '5',
            '۶' | '٦' => '6',
            '۷' | '٧' => '7',
            '۸' | '٨' => '8',
            '۹' | '٩' => '9',
            other => other.to_ascii_lowercase(),
        })
        .collect();
    signs.split_whitespace().collect::<Vec<_>>().join(" ")
}
