//! Clients' bodies: however they are cut and whenever they come, what is read of them,
//! how long that may take, and what it holds meanwhile.
#![expect(clippy::unwrap_used, reason = "what does not fit the test is to end it")]

use crate::support::apis::ANTHROPIC;
use degpt_edge::{
    dialect::Api,
    error::Error,
    in_flight::{InFlight, Share},
    upload::{self, LONGEST_MS, Length, PIECE_BYTES, STALL_MS},
};
use proptest::prelude::*;

use super::{
    attempts::OWN,
    deployment::{Ask, Deployment, GUEST_KEY, Wants, stamp},
    world::{Response, Upload, World},
};

fn idle_world() -> World {
    World::new(|_| Response::hello())
}

/// Reads `upload`, and gives also how much was held at its end and how long it took.
fn read(
    upload: Upload,
    length: Length,
    limit_bytes: usize,
    in_flight: &InFlight,
) -> (Result<Vec<u8>, Error>, usize, u64) {
    let world = idle_world();
    let mut held = in_flight.hold(Share::Members);
    let reading = async {
        let mut upload = upload;
        upload::read(&world, &mut upload, length, limit_bytes, &mut held).await
    };
    let result = world.run(vec![Box::pin(reading)]).pop().unwrap();
    (result, held.bytes(), world.since_start_ms())
}

/// A body of these pieces, and all of it.
fn upload_of(pieces: &[(u64, usize)]) -> (Upload, Vec<u8>) {
    let mut all = Vec::new();
    let mut upload = Upload::default();
    for &(after_ms, bytes) in pieces {
        let piece: Vec<u8> = (0_u8..251).cycle().skip(all.len() % 251).take(bytes).collect();
        all.extend_from_slice(&piece);
        upload.pieces.push_back((after_ms, piece));
    }
    (upload, all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_cut_of_a_body_reads_the_same_and_holds_no_more_than_has_come(
        pieces in prop::collection::vec((0_u64..900, 1_usize..60_000), 0..40),
        is_known in any::<bool>(),
        over in -3_i64..3,
        room in 0_usize..3_000_000,
    ) {
        let (upload, all) = upload_of(&pieces);
        let limit = usize::try_from(i64::try_from(all.len()).unwrap() + over).unwrap_or(0);
        let length = if is_known { Length::Known(all.len() as u64) } else { Length::Unknown };
        let in_flight = InFlight::new(room);
        let (result, held, _) = read(upload, length, limit, &in_flight);
        match result {
            Ok(bytes) => {
                prop_assert!(all.len() <= limit);
                prop_assert_eq!(&bytes, &all);
                prop_assert_eq!(held, bytes.capacity());
                prop_assert!(held <= 4 * all.len().max(PIECE_BYTES));
            }
            Err(Error::BodyTooLarge { limit_bytes }) => {
                prop_assert_eq!(limit_bytes, limit);
                prop_assert!(all.len() > limit);
            }
            Err(error) => {
                prop_assert_eq!(error, Error::Overloaded);
                prop_assert!(room < 4 * all.len().max(PIECE_BYTES) + PIECE_BYTES);
            }
        }
        prop_assert_eq!(in_flight.bytes(), 0);
    }
}

#[test]
fn what_is_announced_reserves_nothing() {
    let in_flight = InFlight::new(48 << 20);
    let mut held = in_flight.hold(Share::Members);
    let world = idle_world();
    let reading = async {
        let (mut upload, _) = upload_of(&[(0, 10)]);
        upload.stalls = true;
        upload::read(&world, &mut upload, Length::Known(20 << 20), 20 << 20, &mut held).await
    };
    let result = world.run(vec![Box::pin(reading)]).pop().unwrap();
    assert_eq!(result, Err(Error::BodyTimeout));
    assert!(held.bytes() <= 64 << 10, "{} bytes", held.bytes());
}

#[test]
fn what_is_decompressed_ahead_is_held_while_the_body_comes() {
    let (compressed, plain) = (Length::Compressed, Length::Unknown);
    for (length, room, fits) in
        [(plain, 1 << 20, true), (compressed, 1 << 20, false), (compressed, 3 << 20, true)]
    {
        let (upload, all) = upload_of(&[(0, 500), (100, 500)]);
        let (result, held, _) = read(upload, length, 1 << 20, &InFlight::new(room));
        let held = (result.is_ok(), held <= 64 << 10);
        assert_eq!(result, if fits { Ok(all) } else { Err(Error::Overloaded) });
        assert_eq!(held, (fits, true), "of the decompressed body alone");
    }
    let over = upload_of(&[(0, 2_000)]).0;
    let (result, _, _) = read(over, compressed, 1_000, &InFlight::new(4 << 20));
    assert_eq!(result, Err(Error::BodyTooLarge { limit_bytes: 1_000 }));
}

#[test]
fn an_encoding_is_known_however_it_is_written() {
    let table = [
        (None, Ok(None)),
        (Some(" "), Ok(None)),
        (Some("identity"), Ok(None)),
        (Some("gzip"), Ok(Some("gzip"))),
        (Some(" X-GZIP"), Ok(Some("gzip"))),
        (Some("Deflate"), Ok(Some("deflate"))),
        (Some("br"), Err("br")),
        (Some("gzip, br"), Err("gzip, br")),
    ];
    for (header, expected) in table {
        let expected = expected.map_err(|name| Error::UnknownEncoding(name.to_owned()));
        assert_eq!(upload::format(header), expected, "{header:?}");
    }
}

#[test]
fn a_length_is_read_as_it_is_meant() {
    let table = [
        (None, Length::Unknown),
        (Some(""), Length::Unknown),
        (Some("-1"), Length::Unknown),
        (Some("0"), Length::Known(0)),
        (Some(" 12 "), Length::Known(12)),
        (Some("4294967296"), Length::Known(1 << 32)),
        (Some("18446744073709551615"), Length::Known(u64::MAX)),
        (Some("18446744073709551616"), Length::Known(u64::MAX)),
        (Some("99999999999999999999999999"), Length::Known(u64::MAX)),
    ];
    for (header, length) in table {
        assert_eq!(Length::of(header), length, "{header:?}");
    }
    let in_flight = InFlight::new(1 << 20);
    for bytes in [1 << 32, (1 << 32) + 5, u64::MAX] {
        let (result, _, _) = read(upload_of(&[]).0, Length::Known(bytes), 1 << 20, &in_flight);
        assert_eq!(result, Err(Error::BodyTooLarge { limit_bytes: 1 << 20 }));
    }
}

/// A name, what comes, whether nothing follows, how it ends, and when.
type Row<'a> = (&'a str, &'a [(u64, usize)], bool, Result<(), Error>, u64);

#[test]
fn a_body_that_stalls_or_takes_too_long_is_given_up_in_time() {
    let steady: Vec<_> = (0..7).map(|_| (9_000, 100)).collect();
    let table: [Row<'_>; 5] = [
        ("nothing comes", &[], true, Err(Error::BodyTimeout), STALL_MS),
        ("then nothing", &[(0, 500), (100, 500)], true, Err(Error::BodyTimeout), 100 + STALL_MS),
        ("a pause", &[(0, 500), (STALL_MS - 1, 500)], false, Ok(()), STALL_MS - 1),
        ("a stall", &[(0, 500), (STALL_MS + 1, 500)], false, Err(Error::BodyTimeout), STALL_MS),
        ("steady for too long", &steady, false, Err(Error::BodyTimeout), LONGEST_MS),
    ];
    for (name, pieces, stalls, expected, at_ms) in table {
        let (mut upload, _) = upload_of(pieces);
        upload.stalls = stalls;
        let in_flight = InFlight::new(1 << 20);
        let (result, _, took_ms) = read(upload, Length::Unknown, 1 << 20, &in_flight);
        assert_eq!((result.map(drop), took_ms), (expected, at_ms), "{name}");
    }
}

#[test]
fn a_body_that_breaks_off_is_unreadable() {
    for length in [Length::Known(1_000), Length::Unknown] {
        let (mut upload, _) = upload_of(&[(0, 500)]);
        upload.breaks = true;
        let (result, _, _) = read(upload, length, 1 << 20, &InFlight::new(1 << 20));
        assert_eq!(result, Err(Error::BodyUnreadable));
    }
    let (upload, _) = upload_of(&[(0, 500)]);
    let (result, _, _) = read(upload, Length::Known(1_000), 1 << 20, &InFlight::new(1 << 20));
    assert_eq!(result, Err(Error::BodyUnreadable));
}

const PASS: (&str, &str) = ("CLIENT_DEGPT_KEYS", "pass");

fn long_chat(kind: (&'static Api, Wants), bytes: usize) -> Ask {
    let mut ask = Ask::chat(kind);
    ask.body = ask.body.replace("canary prompt", &"x".repeat(bytes));
    ask
}

#[test]
fn guests_have_smaller_limits_and_least_where_degpt_is_not_asked() {
    let deployment = Deployment::new(&[OWN, PASS], |_| Response::hello());
    let count = |bytes| Ask {
        path: "/v1/messages/count_tokens",
        ..long_chat((ANTHROPIC, Wants::Whole), bytes)
    };
    let chat = |bytes| long_chat((ANTHROPIC, Wants::Whole), bytes);
    let table = [
        (chat(7 << 20), 200, 200),
        (chat(9 << 20), 200, 413),
        (count(1 << 19), 200, 200),
        (count(1 << 20), 200, 413),
    ];
    for (ask, member, guest) in table {
        assert_eq!(deployment.ask_one(ask.clone()).status, member);
        assert_eq!(deployment.ask_one(ask.with("x-api-key", GUEST_KEY)).status, guest);
    }
}

#[test]
fn what_does_not_fit_is_refused_in_the_dialect_and_what_fits_is_let_go_of() {
    let variables = [OWN, ("MAX_IN_FLIGHT_BYTES", "4000000")];
    for kind in super::deployment::KINDS {
        // DeGPT's headers take a while: then the bodies of all are held.
        let deployment = Deployment::new(&variables, |_| Response::hello().after_ms(500));
        let asks: Vec<Ask> = (0..10).map(|_| long_chat(kind, 900_000)).collect();
        let answers = deployment.ask_all(&asks);
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
        assert!(!refused.is_empty() && refused.len() < 10, "{kind:?}: {}", refused.len());
        for answer in refused {
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
            assert_eq!(answer.body, kind.0.error_body(&Error::Overloaded, &stamp().id));
        }
        let again = deployment.ask_one(long_chat(kind, 900_000));
        assert_eq!(again.status, 200, "{kind:?}");
        drop(answers);
        assert_eq!(deployment.bytes_in_flight(), 0, "{kind:?}");
    }
}

#[test]
fn an_answer_that_does_not_fit_is_an_error_and_never_half_an_answer() {
    let long = "word ".repeat(100_000);
    let variables = [OWN, ("MAX_IN_FLIGHT_BYTES", "1500000")];
    for kind in super::deployment::KINDS.into_iter().filter(|kind| kind.1 == Wants::Whole) {
        let piece =
            format!("data: {{\"choices\": [{{\"delta\": {{\"content\": \"{long}\"}}}}]}}\n\n");
        let response = (0..5).fold(Response::says(""), |response, _| response.then(10, &piece));
        let response = response.then(10, "data: [DONE]\n\n");
        let deployment = Deployment::new(&variables, move |_| response.clone());
        let mut ask = Ask::chat(kind);
        ask.body = ask.body.replace("\"max_tokens\":9,", "");
        let answer = deployment.ask_one(ask);
        assert_eq!(answer.body, kind.0.error_body(&Error::Overloaded, &stamp().id), "{kind:?}");
        assert_eq!(answer.status, 503);
        assert_eq!(deployment.bytes_in_flight(), 0, "{kind:?}");
    }
}
