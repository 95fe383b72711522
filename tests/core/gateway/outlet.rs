//! The scripted world's side of a streamed answer: what `edge::outlet` is in the
//! Workers runtime, with the same states, and without JavaScript.
#![expect(clippy::unwrap_used, reason = "what is sent to a client is text")]

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    rc::Rc,
    task::{Context, Poll},
};

use degpt_edge::{
    answer::{Client, Relay, Step},
    chat::{Failure, Phase},
    error::Error,
    runtime::{Fed, Runtime},
};

use super::world::{Download, World};

/// A client's body while it is written, in the way of the edge's own outlet.
pub(crate) struct Outlet {
    relay: RefCell<Relay>,
    out: RefCell<Vec<u8>>,
    decided: RefCell<Option<Result<(), Error>>>,
    feeding: Cell<Feeding>,
    /// How a feeding ended before the answer flowed.
    fed: RefCell<Option<Result<Fed, Failure>>>,
    ended: Cell<bool>,
}

#[derive(Clone, Copy, PartialEq)]
enum Feeding {
    Off,
    Waiting,
    Flowing,
}

impl Outlet {
    pub(crate) fn new(relay: Relay) -> Self {
        Self {
            relay: RefCell::new(relay),
            out: RefCell::default(),
            decided: RefCell::default(),
            feeding: Cell::new(Feeding::Off),
            fed: RefCell::default(),
            ended: Cell::new(false),
        }
    }

    /// All that the client has got.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.borrow().clone()).unwrap()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.ended.get()
    }

    fn act(&self, go_on: impl FnOnce(&mut Relay, &mut Vec<u8>) -> Step) -> Option<Error> {
        if self.ended.get() {
            return None;
        }
        let mut relay = self.relay.borrow_mut();
        let step = go_on(&mut relay, &mut self.out.borrow_mut());
        if matches!(step, Step::Send | Step::Close(_)) {
            self.decided.borrow_mut().get_or_insert(Ok(()));
        }
        if relay.phase() == Phase::Flowing && self.feeding.get() == Feeding::Waiting {
            self.feeding.set(Feeding::Flowing);
        }
        match step {
            Step::Hold | Step::Send => {}
            Step::Close(_) => self.ended.set(true),
            Step::AskAgain => {
                if self.feeding.replace(Feeding::Off) == Feeding::Waiting {
                    *self.fed.borrow_mut() = Some(Ok(Fed::NoCall));
                }
            }
            Step::Fail(error) => {
                if self.feeding.replace(Feeding::Off) != Feeding::Waiting {
                    return Some(error);
                }
                *self.fed.borrow_mut() = Some(Err(relay.failure(error)));
            }
        }
        None
    }

    /// Takes one piece, or the end, of an upstream's body.
    fn take(&self, piece: Option<Result<String, ()>>, now_ms: u64) {
        self.act(|relay, out| match piece {
            Some(Ok(bytes)) => relay.push(bytes.as_bytes(), now_ms, out),
            Some(Err(())) | None => relay.upstream_ended(out),
        });
    }

    /// Calls the relay's timer when it is time.
    fn tick(&self, world: &World, next_ms: &mut u64) {
        while !self.ended.get() && world.is_it(*next_ms) {
            let now_ms = world.now_ms();
            self.act(|relay, out| {
                let (step, wait_ms) = relay.tick(now_ms, Client::Reading, out);
                *next_ms = now_ms + wait_ms;
                step
            });
        }
    }
}

/// See [`Runtime::feed`].
pub(crate) async fn feed(
    world: &World,
    outlet: &Rc<Outlet>,
    mut download: Download,
) -> Result<Fed, Failure> {
    outlet.feeding.set(Feeding::Waiting);
    let fed = poll_fn(|_| {
        loop {
            if let Some(fed) = outlet.fed.take() {
                outlet.relay.borrow_mut().restart(world.now_ms());
                return Poll::Ready(fed);
            }
            if outlet.feeding.get() == Feeding::Flowing {
                return Poll::Ready(Ok(Fed::Flows));
            }
            match download.poll_next(world) {
                Poll::Ready(piece) => outlet.take(piece, world.now_ms()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await?;
    if fed == Fed::NoCall {
        return Ok(fed);
    }
    let (own_world, outlet) = (world.clone(), Rc::clone(outlet));
    let rest = poll_fn(move |_| {
        while !outlet.ended.get() {
            match download.poll_next(&own_world) {
                Poll::Ready(piece) => outlet.take(piece, own_world.now_ms()),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    });
    world.spawn(rest);
    Ok(fed)
}

/// See [`Runtime::stream`].
pub(crate) async fn stream(
    world: &World,
    outlet: Rc<Outlet>,
    pump: impl Future<Output = Result<(), Error>> + 'static,
) -> Result<Rc<Outlet>, Error> {
    let mut pump = Some(Box::pin(pump));
    let (own_world, stream) = (world.clone(), Rc::clone(&outlet));
    let mut next_ms = world.now_ms();
    let mut go_on = move |context: &mut Context<'_>| {
        for _ in 0..2 {
            // What the timer says may be the pump's business at once.
            let polled = pump.as_mut().map(|pump| pump.as_mut().poll(context));
            if let Some(Poll::Ready(result)) = polled {
                pump = None;
                if let Err(error) = result {
                    outlet.feeding.set(Feeding::Off);
                    let failed = outlet.act(|relay, out| relay.fail(error, out));
                    if let Some(error) = failed {
                        outlet.ended.set(true);
                        outlet.decided.borrow_mut().get_or_insert(Err(error));
                    }
                }
            }
            outlet.tick(&own_world, &mut next_ms);
        }
    };
    let decided = poll_fn(|context| {
        go_on(context);
        stream.decided.borrow().clone().map_or(Poll::Pending, Poll::Ready)
    });
    decided.await?;
    let outlet = Rc::clone(&stream);
    let rest = poll_fn(move |context| {
        go_on(context);
        if outlet.ended.get() { Poll::Ready(()) } else { Poll::Pending }
    });
    world.spawn(rest);
    Ok(stream)
}
