//! Whether the node is about to stop, for those who must know before it does.

use tokio_util::sync::CancellationToken;

/// The end of a node in two steps. Cloning is cheap, and a clone is of the same node.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    draining: CancellationToken,
    closing: CancellationToken,
}

impl Lifecycle {
    /// It still answers, and asks to be sent nothing more: `/readyz` says no, and connections are
    /// not kept.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// It takes no more connections: streams that would never end by themselves end now.
    pub fn close(&self) {
        self.draining.cancel();
        self.closing.cancel();
    }

    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Cancelled once endless streams have to end.
    pub fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }
}
