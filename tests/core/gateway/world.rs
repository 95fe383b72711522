//! A world to run the gateway in: a scripted DeGPT, a clock that jumps from one
//! event to the next, and any number of requests at once. No time passes and
//! nothing leaves the process.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a world that does not fit the test is to end it"
)]

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::{Future, poll_fn},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use serde_json::{Value, json};

use degpt_edge::{
    answer::{Exchange, Fed, Stages},
    chat::{Event, Failure, Phase},
    dialect::Encoder,
    error::Error,
    ledger::{self, Entry, Outcome},
    runtime::{Incoming, Outgoing, Runtime},
    tools::Judgement,
};

use super::outlet::{self, Outlet};

/// The time a world begins at, in milliseconds since 1970-01-01 UTC.
pub(crate) const START_MS: u64 = 1_755_952_008_000;

/// No request of any test takes longer.
const LONGEST_MS: u64 = 900_000;

#[derive(Clone)]
pub(crate) struct World(Rc<Inner>);

struct Inner {
    now_ms: Cell<u64>,
    /// The earliest time that something waits for.
    next_ms: Cell<Option<u64>>,
    spawned: RefCell<Vec<Pin<Box<dyn Future<Output = ()>>>>>,
    script: RefCell<Box<Script>>,
    sent: RefCell<Vec<Sent>>,
    kept: RefCell<BTreeMap<String, Vec<u8>>>,
    /// By label.
    ledgers: RefCell<BTreeMap<String, Ledger>>,
    is_ledger_down: Cell<bool>,
    /// How long a ledger takes for its answer, in milliseconds.
    ledger_ms: Cell<u64>,
    recalled: Cell<usize>,
    /// The keys of the registry, and how often it was asked.
    keys: RefCell<Vec<Made>>,
    registry_calls: Cell<usize>,
    judged: RefCell<Vec<[String; 2]>>,
    stretched: RefCell<Vec<String>>,
    warned: RefCell<Vec<String>>,
    lines: RefCell<Vec<String>>,
    questions: RefCell<Vec<String>>,
    /// How many bodies of upstreams are neither read to their end nor let go of.
    open_bodies: Rc<Cell<usize>>,
}

/// A ledger, with what it keeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    state: String,
    pub(crate) entries: Vec<Entry>,
    pub(crate) outcomes: Vec<Outcome>,
    /// How often it was asked.
    pub(crate) calls: usize,
}

impl Ledger {
    /// Not summed up, as the tables are: that makes no difference to the sums.
    fn usage(&self, days: &[String]) -> Vec<Value> {
        let [first, last] = [0, 1].map(|place| days[place].parse::<u64>().unwrap());
        let entries = self.entries.iter().filter(|entry| (first..=last).contains(&entry.day));
        let row = |Entry { day, model, requests, failures, usage }: &Entry| {
            json!({
                "day": day, "model": model, "requests": requests, "failures": failures,
                "prompt": usage.prompt_tokens, "completion": usage.completion_tokens,
                "reasoning": usage.reasoning_tokens,
            })
        };
        entries.map(row).collect()
    }

    fn outcomes(&self) -> Vec<Value> {
        let row = |outcome: &Outcome| {
            let Outcome { model, status, error, .. } = outcome;
            json!({ "model": model, "status": status, "error": error, "n": outcome.added("[]") })
        };
        self.outcomes.iter().map(row).collect()
    }
}

/// A key of the registry.
#[derive(Debug)]
struct Made {
    hash: String,
    label: String,
    policy: String,
    created: u64,
    is_revoked: bool,
}

/// How DeGPT answers.
type Script = dyn FnMut(&Sent) -> Response;

/// A request that reached an upstream.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Since the world began.
    pub(crate) at_ms: u64,
    pub(crate) url: String,
    /// The credential of its `authorization`; empty without.
    pub(crate) credential: String,
    pub(crate) body: String,
}

impl Sent {
    /// The request in short: host, last part of the path, credential.
    pub(crate) fn name(&self) -> String {
        let (_, place) = self.url.split_once("://").unwrap();
        let (host, path) = place.split_once('/').unwrap();
        let what = path.rsplit('/').next().unwrap();
        format!("{host}/{what} {}", self.credential).trim_end().to_owned()
    }
}

/// What an upstream does about a request.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// How long its headers take.
    pub(crate) after_ms: u64,
    /// `None` where there is no connection.
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<&'static str>,
    /// What it sends, and how long after what was before.
    pub(crate) pieces: Vec<(u64, String)>,
    pub(crate) end: End,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Broken,
    /// It does not.
    Silent,
}

impl World {
    pub(crate) fn new(script: impl FnMut(&Sent) -> Response + 'static) -> Self {
        Self(Rc::new(Inner {
            now_ms: Cell::new(START_MS),
            next_ms: Cell::new(None),
            spawned: RefCell::default(),
            script: RefCell::new(Box::new(script)),
            sent: RefCell::default(),
            kept: RefCell::default(),
            ledgers: RefCell::default(),
            is_ledger_down: Cell::new(false),
            ledger_ms: Cell::default(),
            recalled: Cell::default(),
            keys: RefCell::default(),
            registry_calls: Cell::new(0),
            judged: RefCell::default(),
            stretched: RefCell::default(),
            warned: RefCell::default(),
            lines: RefCell::default(),
            questions: RefCell::default(),
            open_bodies: Rc::default(),
        }))
    }

    /// Runs `requests` at once until all are over, and what they left running too.
    pub(crate) fn run<T>(&self, requests: Vec<impl Future<Output = T>>) -> Vec<T> {
        let latest_ms = self.now_ms() + LONGEST_MS;
        let mut context = Context::from_waker(Waker::noop());
        let mut running: Vec<_> = requests.into_iter().map(Box::pin).map(Some).collect();
        let mut outputs: Vec<Option<T>> = running.iter().map(|_| None).collect();
        loop {
            self.0.next_ms.set(None);
            let mut is_any_over = false;
            for (place, output) in running.iter_mut().zip(&mut outputs) {
                let polled = place.as_mut().map(|request| request.as_mut().poll(&mut context));
                if let Some(Poll::Ready(value)) = polled {
                    *output = Some(value);
                    *place = None;
                    is_any_over = true;
                }
            }
            let mut spawned = self.0.spawned.take();
            let before = spawned.len();
            spawned.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            is_any_over |= spawned.len() < before;
            let mut newer = self.0.spawned.take();
            is_any_over |= !newer.is_empty();
            spawned.append(&mut newer);
            let is_idle = spawned.is_empty();
            *self.0.spawned.borrow_mut() = spawned;
            if is_idle && running.iter().all(Option::is_none) {
                return outputs.into_iter().flatten().collect();
            }
            if !is_any_over {
                let next_ms = self.0.next_ms.get();
                let next_ms = next_ms.filter(|next_ms| *next_ms <= latest_ms);
                self.0.now_ms.set(next_ms.unwrap_or_else(|| panic!("stuck for ever")));
            }
        }
    }

    /// Lets time pass while nothing happens.
    pub(crate) fn pass_ms(&self, duration_ms: u64) {
        self.0.now_ms.set(self.0.now_ms.get() + duration_ms);
    }

    /// Drops `future` after `duration_ms`: then the output is `None`.
    pub(crate) async fn within<F: Future>(&self, duration_ms: u64, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut timer = pin!(self.sleep_ms(duration_ms));
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => timer.as_mut().poll(context).map(|()| None),
        })
        .await
    }

    /// What was sent, each by its name.
    pub(crate) fn log(&self) -> Vec<String> {
        self.0.sent.borrow().iter().map(Sent::name).collect()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.sent.borrow().clone()
    }

    /// Each schema and text that was judged.
    pub(crate) fn judged(&self) -> Vec<[String; 2]> {
        self.0.judged.borrow().clone()
    }

    /// Each password that was stretched.
    pub(crate) fn stretched(&self) -> Vec<String> {
        self.0.stretched.borrow().clone()
    }

    /// The line of each request that is over.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lines.borrow().clone()
    }

    /// How the line of each begins if the gateway itself fails.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.0.questions.borrow().clone()
    }

    /// Each warning in the log.
    pub(crate) fn warned(&self) -> Vec<String> {
        self.0.warned.borrow().clone()
    }

    /// The names under which something is kept.
    pub(crate) fn kept(&self) -> Vec<String> {
        self.0.kept.borrow().keys().cloned().collect()
    }

    /// The ledger of a label.
    pub(crate) fn ledger(&self, label: &str) -> Ledger {
        self.0.ledgers.borrow().get(label).cloned().unwrap_or_default()
    }

    /// From now on no ledger can be reached.
    pub(crate) fn lose_ledgers(&self) {
        self.0.is_ledger_down.set(true);
    }

    /// From now on they can be reached again.
    pub(crate) fn find_ledgers(&self) {
        self.0.is_ledger_down.set(false);
    }

    /// From now on ledgers take so long for an answer.
    pub(crate) fn slow_ledgers(&self, ms: u64) {
        self.0.ledger_ms.set(ms);
    }

    /// How often the registry was asked.
    pub(crate) fn registry_calls(&self) -> usize {
        self.0.registry_calls.get()
    }

    /// What the statements of `edge/ledger.mjs` do about keys.
    fn registry(&self, statement: &str, values: &[String]) -> Vec<Value> {
        self.0.registry_calls.set(self.0.registry_calls.get() + 1);
        let mut keys = self.0.keys.borrow_mut();
        let value = |place: usize| values[place].clone();
        if statement == "create" {
            let created = values[3].parse().unwrap();
            let (hash, label, policy) = (value(0), value(1), value(2));
            keys.push(Made { hash, label, policy, created, is_revoked: false });
        }
        let asked = values.first().map(String::as_str).unwrap_or_default();
        if statement == "labels" {
            return keys.iter().map(|key| json!({ "label": key.label })).collect();
        }
        let mut found = Vec::new();
        for key in keys.iter_mut().filter(|key| !key.is_revoked && key.hash.starts_with(asked)) {
            match statement {
                "change" => key.policy = value(1),
                "revoke" => key.is_revoked = true,
                _ => {}
            }
            let Made { hash, label, policy, created, .. } = &*key;
            found.push(json!({
                "id": &hash[..16], "label": label, "policy": policy, "created": created,
            }));
        }
        found
    }

    /// Has a ledger act.
    fn tell(&self, label: &str, message: &str) -> Option<String> {
        if self.0.is_ledger_down.get() {
            return None;
        }
        let mut ledgers = self.0.ledgers.borrow_mut();
        let ledger = ledgers.entry(label.to_owned()).or_default();
        let acted = ledger::act(&ledger.state, message, self.now_ms()).unwrap();
        ledger.calls += 1;
        ledger.state = acted.state.unwrap_or_else(|| ledger.state.clone());
        ledger.entries.extend(acted.entries);
        ledger.outcomes.extend(acted.outcomes);
        Some(acted.answer)
    }

    /// Waits for a ledger; returns whether its answer comes in time.
    async fn ledgers_take_their_time(&self) -> bool {
        const LONGEST_MS: u64 = 5_000;
        let takes_ms = self.0.ledger_ms.get();
        if takes_ms > 0 {
            self.sleep_ms(takes_ms.min(LONGEST_MS)).await;
        }
        takes_ms <= LONGEST_MS
    }

    /// How often something kept was looked up.
    pub(crate) fn recalled(&self) -> usize {
        self.0.recalled.get()
    }

    /// How many bodies of upstreams are still open.
    pub(crate) fn open_bodies(&self) -> usize {
        self.0.open_bodies.get()
    }

    pub(crate) fn since_start_ms(&self) -> u64 {
        self.0.now_ms.get() - START_MS
    }

    /// Runs `task` beside the requests.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.0.spawned.borrow_mut().push(Box::pin(task));
    }

    /// Whether `time_ms` has come; else the clock will not jump over it.
    pub(crate) fn is_it(&self, time_ms: u64) -> bool {
        let next_ms = self.0.next_ms.get().map_or(time_ms, |next_ms| next_ms.min(time_ms));
        let is_it = self.0.now_ms.get() >= time_ms;
        if !is_it {
            self.0.next_ms.set(Some(next_ms));
        }
        is_it
    }
}

/// An upstream's body.
pub(crate) struct Download {
    pieces: VecDeque<(u64, String)>,
    end: End,
    last_ms: u64,
    open_bodies: Rc<Cell<usize>>,
}

impl Drop for Download {
    fn drop(&mut self) {
        self.open_bodies.set(self.open_bodies.get() - 1);
    }
}

impl Download {
    /// `Some(Err)` when it breaks, `None` when it is over.
    pub(crate) fn poll_next(&mut self, world: &World) -> Poll<Option<Result<String, ()>>> {
        match self.pieces.front() {
            Some((after_ms, _)) if world.is_it(self.last_ms + after_ms) => {
                self.last_ms = world.now_ms();
                Poll::Ready(self.pieces.pop_front().map(|(_, piece)| Ok(piece)))
            }
            Some(_) => Poll::Pending,
            None => match self.end {
                End::Closed => Poll::Ready(None),
                End::Broken => Poll::Ready(Some(Err(()))),
                End::Silent => Poll::Pending,
            },
        }
    }
}

/// A client's body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload {
    /// What it sends, and how long after what was before.
    pub(crate) pieces: VecDeque<(u64, Vec<u8>)>,
    /// Whether the connection breaks then.
    pub(crate) breaks: bool,
    /// Whether nothing comes then, not even an end.
    pub(crate) stalls: bool,
    /// When the piece before came; `None` before the first.
    last_ms: Option<u64>,
}

impl Upload {
    pub(crate) fn of(body: impl Into<Vec<u8>>) -> Self {
        Self { pieces: [(0, body.into())].into(), ..Self::default() }
    }

    /// Moves to `bytes` what has come, and tells how much that was; ready when there
    /// are `at_least` so many, or the end, or no room.
    fn poll_read(
        &mut self,
        world: &World,
        at_least: usize,
        came: usize,
        bytes: &mut Vec<u8>,
    ) -> (Poll<Result<(), Error>>, usize) {
        let last_ms = *self.last_ms.get_or_insert_with(|| world.now_ms());
        let mut more = 0;
        loop {
            let room = bytes.capacity() - bytes.len();
            if room == 0 {
                return (Poll::Ready(Ok(())), more);
            }
            let is_enough = came + more >= at_least;
            match self.pieces.front_mut() {
                Some((after_ms, piece)) => {
                    let due_ms = self.last_ms.unwrap_or(last_ms) + *after_ms;
                    let is_due = world.now_ms() >= due_ms;
                    if !is_due {
                        if !is_enough {
                            world.is_it(due_ms);
                            return (Poll::Pending, more);
                        }
                        return (Poll::Ready(Ok(())), more);
                    }
                    let rest = piece.split_off(piece.len().min(room));
                    bytes.extend_from_slice(piece);
                    more += piece.len();
                    if rest.is_empty() {
                        self.last_ms = Some(due_ms);
                        self.pieces.pop_front();
                    } else {
                        *piece = rest;
                    }
                }
                None if is_enough || !(self.breaks || self.stalls) => {
                    return (Poll::Ready(Ok(())), more);
                }
                None if self.breaks => return (Poll::Ready(Err(Error::BodyUnreadable)), more),
                None => return (Poll::Pending, more),
            }
        }
    }
}

impl Runtime for World {
    type Upload = Upload;
    type Download = Download;
    type Stream = Rc<Outlet>;
    type Outlet = Rc<Outlet>;

    fn now_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    async fn sleep_ms(&self, duration_ms: u64) {
        let until_ms = self.now_ms() + duration_ms;
        poll_fn(|_| if self.is_it(until_ms) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    async fn read_on(
        &self,
        upload: &mut Upload,
        at_least: usize,
        wait_ms: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        assert!(at_least > 0 && at_least <= bytes.capacity() - bytes.len(), "no room for a read");
        let mut came = 0;
        let reading = poll_fn(|_| {
            let (polled, more) = upload.poll_read(self, at_least, came, bytes);
            came += more;
            polled
        });
        self.within(wait_ms, reading).await.ok_or(Error::BodyTimeout)?
    }

    async fn send(
        &self,
        request: Outgoing<'_>,
        timeout_ms: u64,
    ) -> Result<Incoming<Download>, Error> {
        let header = |name| request.headers.iter().find(|header| header.0 == name);
        let credential = header("authorization").map(|header| header.1).unwrap_or_default();
        let sent = Sent {
            at_ms: self.since_start_ms(),
            url: request.url.to_owned(),
            credential: credential.strip_prefix("Bearer ").unwrap_or(credential).to_owned(),
            body: String::from_utf8(request.body.unwrap_or_default().to_vec()).unwrap(),
        };
        let response = (self.0.script.borrow_mut())(&sent);
        self.0.sent.borrow_mut().push(sent);
        self.within(timeout_ms, self.sleep_ms(response.after_ms)).await.ok_or(Error::Timeout)?;
        let status = response.status.ok_or(Error::Unavailable)?;
        self.0.open_bodies.set(self.0.open_bodies.get() + 1);
        let body = Download {
            pieces: response.pieces.into(),
            end: response.end,
            last_ms: self.now_ms(),
            open_bodies: Rc::clone(&self.0.open_bodies),
        };
        let retry_after = response.retry_after.map(str::to_owned);
        Ok(Incoming { status, retry_after, body })
    }

    async fn pour(
        &self,
        mut download: Download,
        mut wait_ms: u64,
        mut take: impl FnMut(&[u8]) -> Option<u64>,
    ) -> Result<(), Error> {
        loop {
            let next = self.within(wait_ms, poll_fn(|_| download.poll_next(self))).await;
            let Some(piece) = next.ok_or(Error::Stalled)? else {
                return Ok(());
            };
            let piece = piece.map_err(|()| Error::Truncated)?;
            let Some(next_ms) = take(piece.as_bytes()) else {
                return Ok(());
            };
            wait_ms = next_ms;
        }
    }

    fn discard(&self, download: Download) {
        drop(download);
    }

    fn outlet(&self, exchange: Exchange) -> Result<Rc<Outlet>, Error> {
        Ok(Rc::new(Outlet::new(exchange)))
    }

    async fn feed(
        &self,
        outlet: &Rc<Outlet>,
        choice: u32,
        download: Download,
    ) -> Result<Fed, Failure> {
        outlet::feed(self, outlet, choice, download).await
    }

    fn tell(&self, outlet: &Rc<Outlet>, choice: u32, event: &Event<'_>) {
        outlet::tell(self, outlet, choice, event);
    }

    fn answered_by(
        &self,
        outlet: &Rc<Outlet>,
        choice: u32,
        encoder: Box<dyn Encoder>,
        stages: Stages,
        by_ms: u64,
    ) {
        outlet::answered_by(outlet, choice, encoder, stages, by_ms);
    }

    fn fail(&self, outlet: &Rc<Outlet>, choice: u32, error: Error) {
        outlet::fail(self, outlet, choice, error);
    }

    async fn stream(
        &self,
        outlet: Rc<Outlet>,
        pump: impl Future<Output = ()> + 'static,
    ) -> Result<(Rc<Outlet>, Phase), Error> {
        outlet::stream(self, outlet, pump).await
    }

    /// A text says itself why it does not fit: in its field `misfit`, where `null` is
    /// that nobody can tell.
    fn judge(&self, schema: &str, json: &str) -> Judgement {
        self.0.judged.borrow_mut().push([schema.to_owned(), json.to_owned()]);
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        match value.get("misfit") {
            None => Judgement::Fits,
            Some(why) => {
                why.as_str().map_or(Judgement::Unknown, |why| Judgement::Misfit(why.to_owned()))
            }
        }
    }

    fn warn(&self, line: &str) {
        self.0.warned.borrow_mut().push(line.to_owned());
    }

    /// Other passwords give other bytes. What PBKDF2 would give is tested in workerd.
    fn log(&self, line: &str) {
        self.0.lines.borrow_mut().push(line.to_owned());
    }

    fn asked(&self, question: &str) {
        self.0.questions.borrow_mut().push(question.to_owned());
    }

    async fn stretch(&self, password: &str, salt: &str, rounds: u32) -> Result<[u8; 16], Error> {
        assert_eq!((salt, rounds), ("degpt-edge visitor", 100_000));
        self.0.stretched.borrow_mut().push(password.to_owned());
        let mix = |sum: u128, byte| sum.wrapping_mul(257).wrapping_add(u128::from(byte));
        Ok(password.bytes().fold(7, mix).to_be_bytes())
    }

    async fn reserve(&self, label: &str, message: &str, _lost: &str) -> Option<String> {
        let answer = self.tell(label, message);
        self.ledgers_take_their_time().await.then_some(answer).flatten()
    }

    fn settle(&self, label: &str, message: Option<&str>) {
        if let Some(message) = message {
            let _ = self.tell(label, message);
        }
    }

    fn note(&self, label: &str, message: &str) {
        self.settle(label, Some(message));
    }

    async fn query(
        &self,
        objects: &[String],
        statement: &str,
        values: &[String],
    ) -> Option<String> {
        self.sleep_ms(1).await;
        let rows = |label: &String| match statement {
            "usage" => Value::from(self.ledger(label).usage(values)),
            "outcomes" => Value::from(self.ledger(label).outcomes()),
            _ => Value::from(self.registry(statement, values)),
        };
        let rows: Vec<Value> = objects.iter().map(rows).collect();
        let is_in_time = self.ledgers_take_their_time().await;
        (is_in_time && !self.0.is_ledger_down.get()).then(|| Value::from(rows).to_string())
    }

    fn random_id(&self) -> String {
        format!("{:032x}", 0xabc0_0000 + self.0.keys.borrow().len())
    }

    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        self.0.recalled.set(self.0.recalled.get() + 1);
        self.0.kept.borrow().get(key).cloned()
    }

    async fn remember(&self, key: &str, value: Vec<u8>, _seconds: u64) {
        self.0.kept.borrow_mut().insert(key.to_owned(), value);
    }
}
