//! How a node stands to the book as it is now: whether the live rows are of its own folds.
//!
//! A node whose folds are not the book's neither writes nor shows rows: what they mean to it is not
//! what they were meant to say. It waits, and goes on by itself once the book's folds are its own.

use std::sync::Arc;

use eventstore::{BookId, Head, Outline};
use projections::{Live, Misfit, fit};
use tokio::sync::watch;
use tracing::{error, info, warn};

/// How a node stands to its book, as it saw it last. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// As the head writes it.
    fold_set: Arc<str>,
    is_understood: bool,
    is_stopped: bool,
    fit: Result<Arc<Live>, Arc<Misfit>>,
}

impl Standing {
    pub(crate) fn of(fold_set: &str, is_understood: bool, is_stopped: bool) -> Self {
        let fit = fit(fold_set).map(Arc::new).map_err(Arc::new);
        Self { fold_set: fold_set.into(), is_understood, is_stopped, fit }
    }

    /// Whether the book is in a form that this build reads and writes.
    pub fn is_understood(&self) -> bool {
        self.is_understood
    }

    /// Whether the book is stopped: it is read as before, and takes nothing.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Whether this node would write a command of the book.
    pub fn takes_commands(&self) -> bool {
        self.is_good() && !self.is_stopped
    }

    /// The live projections, if this build folds them alike; what differs, if not.
    pub fn fit(&self) -> Result<&Live, &Misfit> {
        self.fit.as_deref().map_err(|misfit| &**misfit)
    }

    /// Whether this node can write the book and show its rows, as far as it depends on the node.
    pub fn is_good(&self) -> bool {
        self.is_understood && self.fit.is_ok()
    }
}

/// Keeps the standing, and says when it becomes another one.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    book: BookId,
    standing: watch::Sender<Standing>,
}

impl Watched {
    pub(crate) fn new(head: &Head) -> Self {
        let standing = Standing::of(&head.fold_set, head.is_understood(), head.is_stopped);
        let watched = Self { book: head.book, standing: watch::Sender::new(standing.clone()) };
        if !standing.takes_commands() {
            watched.tell(&standing);
        }
        watched
    }

    pub(crate) fn book(&self) -> BookId {
        self.book
    }

    pub(crate) fn get(&self) -> Standing {
        self.standing.borrow().clone()
    }

    pub(crate) fn follow(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    pub(crate) fn see_head(&self, head: &Head) -> Standing {
        self.see(&head.fold_set, head.is_understood(), head.is_stopped)
    }

    pub(crate) fn see_outline(&self, outline: &Outline) {
        self.see(&outline.fold_set, outline.is_understood, outline.is_stopped);
    }

    /// Takes in what the head says now.
    fn see(&self, fold_set: &str, is_understood: bool, is_stopped: bool) -> Standing {
        let known = self.get();
        if *known.fold_set == *fold_set
            && known.is_understood == is_understood
            && known.is_stopped == is_stopped
        {
            return known;
        }
        let standing = Standing::of(fold_set, is_understood, is_stopped);
        self.tell(&standing);
        self.standing.send_replace(standing.clone());
        standing
    }

    fn tell(&self, standing: &Standing) {
        let book = self.book;
        match standing.fit() {
            _ if !standing.is_understood => {
                warn!(%book, "this node has stopped writing: the book is in a newer format");
            }
            Err(misfit) => {
                warn!(%book, %misfit, "this node waits: the book's folds are not its own");
            }
            Ok(_) if standing.is_stopped => {
                error!(%book, "the book is stopped: it is read, and takes nothing until it is resumed");
            }
            Ok(live) if live.missing().is_empty() => {
                info!(%book, "this node writes the book and shows its rows");
            }
            Ok(live) => {
                let missing = live.missing().join(" ");
                info!(%book, missing, "this node writes the book; some views are still to be filled");
            }
        }
    }
}
