//! Large replies keep their request's place until they are sent: they are memory as long as that.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Error;
use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use crate::limits::Place;

/// What is shorter is handed to the connection at once.
const SMALL: u64 = 64 * 1024;

/// The same body, with the place as long as it is not taken to its end.
pub(crate) fn holding(body: Body, place: Option<Place>) -> Body {
    let is_small = body.size_hint().upper().is_some_and(|bytes| bytes <= SMALL);
    match place {
        Some(place) if !is_small => Body::new(Holding { body, _place: place }),
        _ => body,
    }
}

struct Holding {
    body: Body,
    _place: Place,
}

impl HttpBody for Holding {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    /// Never before it has said so itself: the connection asks again only once it has sent what it
    /// was given, and lets go of the body, with the place, then.
    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
