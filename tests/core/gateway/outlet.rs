//! The scripted world's side of a streamed answer: what `edge::outlet` is in the Workers
//! runtime, without JavaScript. It carries out the orders of an [`Exchange`], and decides
//! nothing.
#![expect(clippy::unwrap_used, reason = "what is sent to a client is text")]

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    rc::Rc,
    task::{Context, Poll},
};

use degpt_edge::{
    answer::{Client, Exchange, Fed, Orders},
    chat::Failure,
    error::Error,
    runtime::Runtime,
};

use super::world::{Download, World};

/// A client's body while it is written.
pub(crate) struct Outlet {
    exchange: RefCell<Exchange>,
    out: RefCell<Vec<u8>>,
    status: RefCell<Option<Result<(), Error>>>,
    fed: RefCell<Option<Result<Fed, Failure>>>,
    upstream: RefCell<Option<Upstream>>,
    wake_ms: Cell<u64>,
    is_closed: Cell<bool>,
}

/// The upstream that is read.
struct Upstream {
    number: u32,
    download: Download,
    /// When the next read is due.
    read_ms: u64,
}

impl Outlet {
    pub(crate) fn new(exchange: Exchange) -> Self {
        Self {
            exchange: RefCell::new(exchange),
            out: RefCell::default(),
            status: RefCell::default(),
            fed: RefCell::default(),
            upstream: RefCell::default(),
            wake_ms: Cell::new(0),
            is_closed: Cell::new(false),
        }
    }

    /// All that the client has got.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.borrow().clone()).unwrap()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    fn act(&self, world: &World, go_on: impl FnOnce(&mut Exchange, &mut Vec<u8>) -> Orders) {
        let orders = go_on(&mut self.exchange.borrow_mut(), &mut self.out.borrow_mut());
        self.carry_out(world, orders);
    }

    fn carry_out(&self, world: &World, orders: Orders) {
        let Orders { status, fed, abort, close, read_after_ms, drain, wake_after_ms } = orders;
        if status.is_some() {
            self.status.replace(status);
        }
        if fed.is_some() {
            self.fed.replace(fed);
        }
        if abort || close {
            self.upstream.take();
        }
        if close {
            self.is_closed.set(true);
        }
        if let (Some(wait_ms), Some(upstream)) = (read_after_ms, &mut *self.upstream.borrow_mut()) {
            upstream.read_ms = world.now_ms() + u64::from(wait_ms);
        }
        if let Some(wait_ms) = wake_after_ms {
            self.wake_ms.set(world.now_ms() + wait_ms);
        }
        if drain {
            self.act(world, Exchange::drained);
        }
    }

    /// Reads the upstream as far as it has come.
    fn read(&self, world: &World) {
        loop {
            let (number, piece) = {
                let mut upstream = self.upstream.borrow_mut();
                let Some(upstream) = upstream.as_mut() else { return };
                if !world.is_it(upstream.read_ms) {
                    return;
                }
                let Poll::Ready(piece) = upstream.download.poll_next(world) else { return };
                (upstream.number, piece)
            };
            let Some(Ok(bytes)) = piece else {
                let ended = self.upstream.take();
                self.act(world, |exchange, out| exchange.upstream_ended(number, out));
                drop(ended);
                return;
            };
            let now_ms = world.now_ms();
            self.act(world, |exchange, out| exchange.piece(number, bytes.as_bytes(), now_ms, out));
            self.act(world, |exchange, _| exchange.client_ready(number, now_ms));
        }
    }

    fn tick(&self, world: &World) {
        while !self.exchange.borrow().is_over() && world.is_it(self.wake_ms.get()) {
            let now_ms = world.now_ms();
            self.act(world, |exchange, out| exchange.tick(now_ms, Client::Reading, out));
        }
    }
}

/// See [`Runtime::feed`](degpt_edge::runtime::Runtime::feed).
pub(crate) async fn feed(
    world: &World,
    outlet: &Rc<Outlet>,
    download: Download,
) -> Result<Fed, Failure> {
    let (number, orders) = outlet.exchange.borrow_mut().begin();
    outlet.upstream.replace(Some(Upstream { number, download, read_ms: 0 }));
    outlet.carry_out(world, orders);
    let fed = poll_fn(|_| {
        outlet.read(world);
        outlet.fed.take().map_or(Poll::Pending, Poll::Ready)
    })
    .await;
    if fed != Ok(Fed::Flows) {
        outlet.exchange.borrow_mut().restart(world.now_ms());
    }
    fed
}

/// See [`Runtime::stream`](degpt_edge::runtime::Runtime::stream).
pub(crate) async fn stream(
    world: &World,
    outlet: Rc<Outlet>,
    pump: impl Future<Output = Result<(), Error>> + 'static,
) -> Result<Rc<Outlet>, Error> {
    let mut pump = Some(Box::pin(pump));
    let (own_world, stream) = (world.clone(), Rc::clone(&outlet));
    outlet.wake_ms.set(world.now_ms());
    let mut go_on = move |context: &mut Context<'_>| {
        for _ in 0..2 {
            // What the timer says may be the pump's business at once.
            let polled = pump.as_mut().map(|pump| pump.as_mut().poll(context));
            if let Some(Poll::Ready(result)) = polled {
                pump = None;
                if let Err(error) = result {
                    outlet.act(&own_world, |exchange, out| exchange.fail(error, out));
                }
            }
            if pump.is_none() {
                outlet.read(&own_world);
            }
            outlet.tick(&own_world);
        }
    };
    let decided = poll_fn(|context| {
        go_on(context);
        stream.status.borrow().clone().map_or(Poll::Pending, Poll::Ready)
    });
    decided.await?;
    let outlet = Rc::clone(&stream);
    let rest = poll_fn(move |context| {
        go_on(context);
        if outlet.exchange.borrow().is_over() { Poll::Ready(()) } else { Poll::Pending }
    });
    world.spawn(rest);
    Ok(stream)
}
