//! Who acts: no command without one.

use serde::{Deserialize, Serialize};

use crate::id::Text;

/// What kind of being acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Person,
    Service,
    /// daftar itself, for a deadline or an import.
    System,
}

/// What a principal may do, as bundles of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Client,
    Gateway,
    Finance,
    Warehouse,
    Logistics,
    Auditor,
    Admin,
}

impl Role {
    pub const ALL: [Self; 7] = [
        Self::Client,
        Self::Gateway,
        Self::Finance,
        Self::Warehouse,
        Self::Logistics,
        Self::Auditor,
        Self::Admin,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Gateway => "gateway",
            Self::Finance => "finance",
            Self::Warehouse => "warehouse",
            Self::Logistics => "logistics",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

/// Who acts, as it stands on every event. `id` is the principal: for a person, the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Text<64>,
    pub role: Role,
    pub department: Option<Text<64>>,
    pub on_behalf_of: Option<Text<64>>,
}

impl ActorKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
            Self::System => "system",
        }
    }
}
