//! The scripted world's side of a streamed answer: what `edge::outlet` is in the Workers
//! runtime, without JavaScript. It carries out the orders of an [`Exchange`], and decides
//! nothing.
#![expect(clippy::unwrap_used, reason = "what is sent to a client is text")]

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    future::{Future, poll_fn},
    rc::Rc,
    task::{Context, Poll},
};

use degpt_edge::{
    answer::{Client, Exchange, Fed, Orders},
    chat::{Failure, Phase},
    dialect::Encoder,
    error::Error,
    runtime::Runtime,
};

use super::world::{Download, World};

/// A client's body while it is written.
pub(crate) struct Outlet {
    exchange: RefCell<Exchange>,
    out: RefCell<Vec<u8>>,
    status: RefCell<Option<Result<Phase, Error>>>,
    /// By choice.
    fed: RefCell<HashMap<u32, Result<Fed, Failure>>>,
    upstreams: RefCell<BTreeMap<u32, Upstream>>,
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
            upstreams: RefCell::default(),
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

    fn act(
        &self,
        world: &World,
        number: u32,
        go_on: impl FnOnce(&mut Exchange, &mut Vec<u8>) -> Orders,
    ) {
        let orders = go_on(&mut self.exchange.borrow_mut(), &mut self.out.borrow_mut());
        self.carry_out(world, number, orders);
    }

    fn carry_out(&self, world: &World, number: u32, orders: Orders) {
        let Orders { status, fed, abort, close, read_after_ms, drain, wake_after_ms } = orders;
        if status.is_some() {
            self.status.replace(status);
        }
        self.fed.borrow_mut().extend(fed);
        self.upstreams.borrow_mut().retain(|choice, _| !close && abort & (1 << choice) == 0);
        if close {
            self.is_closed.set(true);
        }
        let mut upstreams = self.upstreams.borrow_mut();
        let upstream = upstreams.values_mut().find(|upstream| upstream.number == number);
        if let (Some(wait_ms), Some(upstream)) = (read_after_ms, upstream) {
            upstream.read_ms = world.now_ms() + u64::from(wait_ms);
        }
        drop(upstreams);
        if let Some(wait_ms) = wake_after_ms {
            self.wake_ms.set(world.now_ms() + wait_ms);
        }
        if drain {
            self.act(world, 0, Exchange::drained);
        }
    }

    /// Reads the upstreams as far as they have come.
    fn read(&self, world: &World) {
        let choices: Vec<u32> = self.upstreams.borrow().keys().copied().collect();
        for choice in choices {
            self.read_one(world, choice);
        }
    }

    fn read_one(&self, world: &World, choice: u32) {
        loop {
            let (number, piece) = {
                let mut upstreams = self.upstreams.borrow_mut();
                let Some(upstream) = upstreams.get_mut(&choice) else { return };
                if !world.is_it(upstream.read_ms) {
                    return;
                }
                let Poll::Ready(piece) = upstream.download.poll_next(world) else { return };
                (upstream.number, piece)
            };
            let Some(Ok(bytes)) = piece else {
                let ended = self.upstreams.borrow_mut().remove(&choice);
                self.act(world, number, |exchange, out| exchange.upstream_ended(number, out));
                drop(ended);
                return;
            };
            let now_ms = world.now_ms();
            self.act(world, number, |exchange, out| {
                exchange.piece(number, bytes.as_bytes(), now_ms, out)
            });
            self.act(world, number, |exchange, _| exchange.client_ready(number, now_ms));
        }
    }

    fn tick(&self, world: &World) {
        while !self.exchange.borrow().is_over() && world.is_it(self.wake_ms.get()) {
            let now_ms = world.now_ms();
            self.act(world, 0, |exchange, out| exchange.tick(now_ms, Client::Reading, out));
        }
    }
}

/// See [`Runtime::feed`](degpt_edge::runtime::Runtime::feed).
pub(crate) async fn feed(
    world: &World,
    outlet: &Rc<Outlet>,
    choice: u32,
    download: Download,
) -> Result<Fed, Failure> {
    let (number, orders) = outlet.exchange.borrow_mut().begin(choice);
    outlet.upstreams.borrow_mut().insert(choice, Upstream { number, download, read_ms: 0 });
    outlet.carry_out(world, number, orders);
    let fed = poll_fn(|_| {
        outlet.read(world);
        outlet.fed.borrow_mut().remove(&choice).map_or(Poll::Pending, Poll::Ready)
    })
    .await;
    if fed != Ok(Fed::Flows) {
        outlet.exchange.borrow_mut().restart(choice, world.now_ms());
    }
    fed
}

/// See [`Runtime::answered_by`](degpt_edge::runtime::Runtime::answered_by).
pub(crate) fn answered_by(outlet: &Rc<Outlet>, choice: u32, encoder: Box<dyn Encoder>, by_ms: u64) {
    outlet.exchange.borrow_mut().answered_by(choice, encoder, by_ms);
}

/// See [`Runtime::fail`](degpt_edge::runtime::Runtime::fail).
pub(crate) fn fail(world: &World, outlet: &Rc<Outlet>, choice: u32, error: Error) {
    outlet.act(world, 0, |exchange, out| exchange.fail(choice, error, out));
}

/// See [`Runtime::stream`](degpt_edge::runtime::Runtime::stream).
pub(crate) async fn stream(
    world: &World,
    outlet: Rc<Outlet>,
    pump: impl Future<Output = ()> + 'static,
) -> Result<(Rc<Outlet>, Phase), Error> {
    let mut pump = Some(Box::pin(pump));
    let (own_world, stream) = (world.clone(), Rc::clone(&outlet));
    outlet.wake_ms.set(world.now_ms());
    let mut go_on = move |context: &mut Context<'_>| {
        for _ in 0..2 {
            // What the timer says may be the pump's business at once.
            let polled = pump.as_mut().map(|pump| pump.as_mut().poll(context));
            if polled.is_some_and(|polled| polled.is_ready()) {
                pump = None;
            }
            outlet.read(&own_world);
            outlet.tick(&own_world);
        }
    };
    let decided = poll_fn(|context| {
        go_on(context);
        stream.status.borrow().clone().map_or(Poll::Pending, Poll::Ready)
    });
    let phase = decided.await?;
    let outlet = Rc::clone(&stream);
    let rest = poll_fn(move |context| {
        go_on(context);
        if outlet.exchange.borrow().is_over() { Poll::Ready(()) } else { Poll::Pending }
    });
    world.spawn(rest);
    Ok((stream, phase))
}
