//! A ledger against a plain book of all that happened: what it admits is never over a limit, what it
//! refuses would be, and its sums are what was settled.
#![expect(clippy::unwrap_used, reason = "what does not fit the test is to end it")]

use degpt_edge::{
    chat::Usage,
    ledger::{Entry, Reserve, Settle, Times, Verdict, act},
    policy::Quota,
};
use proptest::{collection::vec, prelude::*};

const START_MS: u64 = 1_795_800_000_123;
const LASTS_MS: u64 = 900_000;
const HOUR_MS: u64 = 3_600_000;

/// A ledger, and what it has added to the usage.
#[derive(Default)]
struct Ledger {
    state: String,
    entries: Vec<Entry>,
}

impl Ledger {
    fn tell(&mut self, message: &str, now_ms: u64) -> String {
        let acted = act(&self.state, message, now_ms).unwrap();
        self.state = acted.state.unwrap_or_else(|| self.state.clone());
        self.entries.extend(acted.entries);
        acted.answer
    }

    fn reserve(&mut self, id: &str, tokens: u64, quota: Quota, now_ms: u64) -> Verdict {
        self.reserve_for(LASTS_MS, id, tokens, quota, now_ms)
    }

    fn reserve_for(
        &mut self,
        lasts_ms: u64,
        id: &str,
        tokens: u64,
        quota: Quota,
        now_ms: u64,
    ) -> Verdict {
        let (id, model) = (id.to_owned(), "o3".to_owned());
        let reserve = Reserve { id, model, tokens, lasts_ms, quota, is_watched: false };
        Verdict::read(&self.tell(&reserve.text(), now_ms)).unwrap()
    }

    fn settle(&mut self, settle: &Settle, now_ms: u64) {
        assert_eq!(self.tell(&settle.text(), now_ms), "{}");
    }
}

fn settle(id: &str, prompt_tokens: u64, completion_tokens: u64) -> Settle {
    let (id, model) = (id.to_owned(), "o3".to_owned());
    Settle { id, model, prompt_tokens, completion_tokens, ..Settle::default() }
}

/// What a client does next.
#[derive(Debug, Clone)]
enum Step {
    Ask {
        tokens: u64,
    },
    /// The oldest that is open, or a later one, with a part of what was reserved, in percent.
    End {
        place: usize,
        part: u64,
    },
    Wait {
        ms: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_u64..60).prop_map(|tokens| Step::Ask { tokens }),
        3 => (0_usize..4, 0_u64..=100).prop_map(|(place, part)| Step::End { place, part }),
        2 => (0_u64..3_000).prop_map(|ms| Step::Wait { ms }),
        1 => (30_000_u64..70_000).prop_map(|ms| Step::Wait { ms }),
    ];
    vec(step, 1..120)
}

fn quotas() -> impl Strategy<Value = Quota> {
    let limit = |most: u64| prop_oneof![1 => Just(None), 3 => (1..most).prop_map(Some)];
    (limit(20), limit(300), limit(1_000), limit(6)).prop_map(|(rpm, tpm, tpd, concurrent)| Quota {
        requests_per_minute: rpm,
        tokens_per_minute: tpm,
        tokens_per_day: tpd,
        concurrent,
    })
}

/// All that happened.
#[derive(Default)]
struct Book {
    /// When each request was admitted.
    admitted: Vec<u64>,
    /// When how many tokens were settled.
    settled: Vec<(u64, u64)>,
    /// What is open: its id and its tokens.
    open: Vec<(String, u64)>,
}

impl Book {
    /// What counts at `now_ms`, where it counts for `for_ms`: requests and tokens.
    fn counts(&self, now_ms: u64, for_ms: u64) -> (u64, u64) {
        let counts = |at_ms: u64| at_ms + for_ms > now_ms;
        let requests = self.admitted.iter().filter(|at_ms| counts(**at_ms)).count() as u64;
        let settled = self.settled.iter().filter(|(at_ms, _)| counts(*at_ms));
        (requests, settled.map(|(_, tokens)| tokens).sum())
    }

    fn of_today(&self, now_ms: u64) -> u64 {
        let today =
            self.settled.iter().filter(|(at_ms, _)| at_ms / 86_400_000 == now_ms / 86_400_000);
        today.map(|(_, tokens)| tokens).sum()
    }

    fn reserved(&self) -> u64 {
        self.open.iter().map(|(_, tokens)| tokens).sum()
    }

    /// Whether `tokens` more would be within `quota`, where what was used counts for `for_ms`.
    fn fits(&self, quota: &Quota, tokens: u64, now_ms: u64, for_ms: u64) -> bool {
        let (requests, settled) = self.counts(now_ms, for_ms);
        let more = self.reserved() + tokens;
        let is_within = |limit: Option<u64>, used: u64| limit.is_none_or(|limit| used <= limit);
        is_within(quota.requests_per_minute, requests + 1)
            && is_within(quota.tokens_per_minute, settled + more)
            && is_within(quota.tokens_per_day, self.of_today(now_ms) + more)
            && is_within(quota.concurrent, self.open.len() as u64 + 1)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_over_a_limit_and_nobody_is_refused_for_nothing(quota in quotas(), steps in steps()) {
        let (mut ledger, mut book, mut now_ms) = (Ledger::default(), Book::default(), START_MS);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Wait { ms } => now_ms += ms,
                Step::Ask { tokens } => {
                    let id = format!("request-{number}");
                    let verdict = ledger.reserve_for(100 * HOUR_MS, &id, tokens, quota, now_ms);
                    match &verdict.refusal {
                        None => {
                            prop_assert!(book.fits(&quota, tokens, now_ms, 60_000), "over: {quota:?}");
                            book.admitted.push(now_ms);
                            book.open.push((id, tokens));
                        }
                        Some(refusal) => {
                            // The clock of a limit goes by the second.
                            prop_assert!(!book.fits(&quota, tokens, now_ms, 61_000), "{refusal:?}");
                            prop_assert!(refusal.wait_ms != Some(0));
                        }
                    }
                    if let (Some(limit), Some(gauge)) = (quota.requests_per_minute, verdict.standing.requests) {
                        prop_assert_eq!(gauge.limit, limit);
                        let (requests, _) = book.counts(now_ms, 60_000);
                        prop_assert!(gauge.remaining <= limit - requests);
                    }
                    prop_assert_eq!(verdict.standing.requests.is_some(), quota.requests_per_minute.is_some());
                    let limits_tokens = quota.tokens_per_minute.or(quota.tokens_per_day).is_some();
                    prop_assert_eq!(verdict.standing.tokens.is_some(), limits_tokens);
                }
                Step::End { place, part } if !book.open.is_empty() => {
                    let (id, tokens) = book.open.remove(place % book.open.len());
                    let used = tokens * part / 100;
                    for _ in 0..2 {
                        // The second says nothing new.
                        ledger.settle(&settle(&id, used / 3, used - used / 3), now_ms);
                    }
                    book.settled.push((now_ms, used));
                }
                Step::End { .. } => {}
            }
        }
        let sum = |of: fn(&Entry) -> u64| ledger.entries.iter().map(of).sum::<u64>();
        let settled = book.settled.iter().map(|(_, tokens)| tokens).sum::<u64>();
        prop_assert_eq!(sum(|entry| entry.usage.prompt_tokens + entry.usage.completion_tokens), settled);
        prop_assert_eq!(sum(|entry| entry.requests), book.settled.len() as u64);
        prop_assert_eq!(sum(|entry| entry.failures), 0);
    }

    #[test]
    fn who_waits_as_long_as_told_is_admitted(
        asks in vec((0_u64..20_000, 1_u64..50), 1..40),
        rpm in 1_u64..10,
        tpm in 50_u64..200,
    ) {
        let quota = Quota { requests_per_minute: Some(rpm), tokens_per_minute: Some(tpm), ..Quota::default() };
        let (mut ledger, mut now_ms) = (Ledger::default(), START_MS);
        for (number, (wait_ms, tokens)) in asks.into_iter().enumerate() {
            now_ms += wait_ms;
            let id = number.to_string();
            if let Some(refusal) = ledger.reserve(&id, tokens, quota, now_ms).refusal {
                let wait_ms = refusal.wait_ms.unwrap();
                prop_assert!((1..=60_000).contains(&wait_ms), "{}", wait_ms);
                let again = ledger.reserve(&id, tokens, quota, now_ms + wait_ms - 1);
                prop_assert!(again.refusal.is_some());
                now_ms += wait_ms;
                prop_assert_eq!(ledger.reserve(&id, tokens, quota, now_ms).refusal, None);
            }
            ledger.settle(&settle(&id, 1, tokens - 1), now_ms);
        }
    }

    #[test]
    fn no_text_makes_it_panic(state in "\\PC{0,60}", message in "\\PC{0,60}") {
        let _ = act(&state, &message, START_MS);
    }
}

#[test]
fn a_reservation_that_is_never_settled_lapses_and_is_noted_in_the_end() {
    let quota = Quota { concurrent: Some(1), tokens_per_day: Some(100), ..Quota::default() };
    let mut ledger = Ledger::default();
    assert_eq!(ledger.reserve("a", 90, quota, START_MS).refusal, None);
    let refused = ledger.reserve("b", 5, quota, START_MS + LASTS_MS - 1).refusal.unwrap();
    assert_eq!((refused.what, refused.limit), ("requests at once", 1));
    assert_eq!(ledger.reserve("b", 90, quota, START_MS + LASTS_MS).refusal, None);
    // It can still be settled, for an hour.
    let mut late = Ledger { state: ledger.state.clone(), entries: Vec::new() };
    late.settle(&settle("a", 7, 8), START_MS + LASTS_MS + HOUR_MS - 1);
    assert_eq!(late.entries.iter().map(|entry| entry.usage.prompt_tokens).sum::<u64>(), 7);
    ledger.settle(&settle("a", 7, 8), START_MS + LASTS_MS + HOUR_MS);
    let [lost] = &ledger.entries[..] else { unreachable!("{:?}", ledger.entries) };
    assert_eq!((lost.requests, lost.failures, lost.usage), (1, 1, Usage::default()));
}

#[test]
fn what_the_ledger_never_heard_of_counts_if_it_says_so() {
    let mut ledger = Ledger::default();
    ledger.settle(&settle("a", 7, 8), START_MS);
    assert!(ledger.entries.is_empty() && ledger.state.is_empty());
    ledger.settle(&Settle { is_new: true, has_failed: true, ..settle("a", 7, 8) }, START_MS);
    let [entry] = &ledger.entries[..] else { unreachable!("{:?}", ledger.entries) };
    assert_eq!((entry.requests, entry.failures, entry.usage.completion_tokens), (1, 1, 8));
    let quota =
        Quota { requests_per_minute: Some(2), tokens_per_minute: Some(100), ..Quota::default() };
    let verdict = ledger.reserve("b", 5, quota, START_MS);
    assert_eq!(verdict.standing.requests.map(|gauge| gauge.remaining), Some(0));
    assert_eq!(verdict.standing.tokens.map(|gauge| gauge.remaining), Some(80));
}

#[test]
fn a_request_larger_than_a_limit_has_nothing_to_wait_for() {
    let quota = Quota { tokens_per_minute: Some(100), ..Quota::default() };
    let refusal = Ledger::default().reserve("a", 101, quota, START_MS).refusal.unwrap();
    assert_eq!((refusal.what, refusal.limit, refusal.wait_ms), ("tokens per minute", 100, None));
}

#[test]
fn a_day_begins_at_midnight_of_utc() {
    let quota = Quota { tokens_per_day: Some(100), ..Quota::default() };
    let midnight_ms = START_MS.next_multiple_of(86_400_000);
    let mut ledger = Ledger::default();
    assert_eq!(ledger.reserve("a", 100, quota, midnight_ms - 2_000).refusal, None);
    // What is reserved may be given back at any time; what is settled only at midnight.
    let refusal = ledger.reserve("b", 1, quota, midnight_ms - 1_500).refusal.unwrap();
    assert_eq!((refusal.what, refusal.wait_ms), ("tokens per day", Some(2_000)));
    ledger.settle(&settle("a", 10, 90), midnight_ms - 1_400);
    let refused = ledger.reserve("b", 1, quota, midnight_ms - 1_000);
    assert_eq!(refused.refusal.unwrap().wait_ms, Some(1_000));
    assert_eq!(
        refused.standing.tokens.map(|gauge| (gauge.remaining, gauge.reset_ms)),
        Some((0, 1_000))
    );
    assert_eq!(ledger.reserve("b", 100, quota, midnight_ms).refusal, None);
}

#[test]
fn what_a_newer_deployment_says_is_read_as_far_as_it_is_known() {
    let reserve = r#"{"id":"a","model":"o3","more":[{}],"n":[0,5,900000,0,0,0,1,77]}"#;
    let acted = act("", reserve, START_MS).unwrap();
    let state = acted.state.unwrap().replacen('{', r#"{"more":{"a":[1]},"#, 1);
    let verdict = Verdict::read(&act(&state, reserve, START_MS).unwrap().answer).unwrap();
    assert_eq!(verdict.refusal.map(|refusal| refusal.what), Some("requests at once"));
    let newer = Verdict::read(r#"{"n":[9,5,7,0,0,0,0,0,0,1]}"#).unwrap();
    assert_eq!(newer.refusal.map(|refusal| refusal.limit), Some(5));
    for (state, message) in
        [("not JSON", reserve), ("", "not JSON"), ("[]", reserve), ("", r#"{"n":[9]}"#)]
    {
        assert_eq!(act(state, message, START_MS), None);
    }
}

#[test]
fn it_is_counted_how_requests_end_if_that_is_asked_for() {
    for is_watched in [true, false] {
        let reserve = |id: &str| {
            let quota = Quota { concurrent: Some(1), ..Quota::default() };
            let (id, model) = (id.to_owned(), "o3".to_owned());
            Reserve { id, model, tokens: 5, lasts_ms: 1_000, quota, is_watched }.text()
        };
        let acted = act("", &reserve("1"), 1_000).unwrap();
        assert!(acted.outcomes.is_empty());
        let state = acted.state.unwrap();
        let refused = act(&state, &reserve("2"), 1_000).unwrap();
        assert_eq!((refused.outcomes.len(), refused.state), (usize::from(is_watched), None));
        // It was never settled.
        let lost = act(&state, &reserve("3"), 10_000_000).unwrap();
        assert_eq!((lost.entries.len(), lost.outcomes.len()), (1, usize::from(is_watched)));

        let missed = ["https://o", "upstream_stalled"].map(str::to_owned).to_vec();
        let (id, model, error) = ("1".to_owned(), "o3".to_owned(), "upstream_\"broke".to_owned());
        let (status, first_ms, all_ms) = (if is_watched { 200 } else { 0 }, 250, 600_000);
        let settle =
            Settle { id, model, error, status, first_ms, all_ms, missed, ..Settle::default() };
        let settled = act(&state, &settle.text(), 2_000).unwrap();
        assert_eq!(
            (settled.entries.len(), settled.outcomes.len()),
            (1, 2 * usize::from(is_watched))
        );
        if let [end, miss] = &settled.outcomes[..] {
            assert_eq!((end.status, end.error.as_str()), (200, "upstream_\"broke"));
            assert_eq!(end.n[..6], [1, 0, 0, 0, 250, 600_000]);
            let [first, all] = Times::BUCKETS;
            assert_eq!((end.n[first], end.n[all + Times::COUNT - 1]), (1, 1));
            assert_eq!(end.n[6..].iter().sum::<u64>(), 2);
            assert_eq!((miss.model.as_str(), miss.status, &miss.n[..]), ("https://o", 0, &[1][..]));
            // Sums, also over those of an earlier version, which had fewer.
            assert!(end.added("[2,7]").starts_with("[3,7,0,0,250,600000,1,"));
        }
        // What was settled counts once.
        let again = act(&settled.state.unwrap(), &settle.text(), 2_000).unwrap();
        assert!(again.outcomes.is_empty() && again.state.is_none());
    }
}
