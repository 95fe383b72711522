//! From DeGPT's bytes to a client's bytes.
//!
//! [`Translator`] translates a stream, [`Whole`] collects one answer. The translator's
//! contract:
//!
//! 1. The output is the same for every way of splitting the input.
//! 2. There is exactly one ending: the dialect's end mark, or its error event.
//!    Input after it is ignored.
//! 3. An upstream that ends without its own end mark yields an error, never a clean ending.
//! 4. Anthropic's blocks are balanced and contiguous from 0, also on error.
//! 5. Memory is bounded; the caller owns the output buffer.

mod call_gate;
mod errands;
mod exchange;
mod limits;
mod overlap;
mod pace;
pub mod patience;
mod relay;
mod stages;
mod stream;
mod thoughts;
mod watch;
mod whole;

use std::ops::ControlFlow;

pub use errands::{Errands, Round};
pub use exchange::{Exchange, Fed, Orders};
pub use limits::{Counting, Limiter};
pub use pace::Pace;
pub use patience::Patience;
pub use relay::{Client, Relay, Step, UpstreamBody};
pub use stages::Stages;
pub use stream::{Progress, Recording, Translator};
pub use watch::{Found, Judge, Watch};
pub use whole::{Whole, whole};

use crate::{chat::Event, degpt, error::Error, sse};

/// The input half: bytes to events.
#[derive(Debug)]
struct Input {
    frames: sse::Decoder,
    reader: degpt::Reader,
    /// How many bytes the upstream may still send.
    bytes_left: usize,
    begun: bool,
    /// Whether the upstream's end mark has arrived.
    ended: bool,
    /// Whether the last read completed an event.
    heard: bool,
}

impl Input {
    fn new(max_bytes: usize) -> Self {
        Self {
            frames: sse::Decoder::default(),
            reader: degpt::Reader::default(),
            bytes_left: max_bytes,
            begun: false,
            ended: false,
            heard: false,
        }
    }

    /// How much memory it holds, in bytes.
    fn held_bytes(&self) -> usize {
        self.frames.held_bytes() + self.reader.held_bytes()
    }

    fn push(&mut self, bytes: &[u8], on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        // Read the bytes within the limit even if the same chunk goes over it: the output must
        // not depend on how the network split the input.
        let (bytes, over) = bytes.split_at(bytes.len().min(self.bytes_left));
        self.bytes_left -= bytes.len();
        let Self { frames, reader, begun, ended, heard, .. } = self;
        *heard = false;
        let mut failed = None;
        let flow = frames.push(bytes, &mut |data| {
            *heard |= !data.is_empty();
            let read = reader.read(data, &mut |event| {
                *begun = true;
                *ended = matches!(event, Event::End(_));
                on_event(event);
            });
            match read {
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
                Ok(()) if *ended => ControlFlow::Break(()),
                Ok(()) => ControlFlow::Continue(()),
            }
        });
        match (failed, flow) {
            (Some(error), _) => Err(error),
            (None, Err(sse::TooLong)) => Err(Error::AnswerTooLarge),
            (None, Ok(_)) if !*ended && !over.is_empty() => Err(Error::AnswerTooLarge),
            (None, Ok(_)) => Ok(()),
        }
    }
}
