#![expect(clippy::string_slice, reason = "a test that panics has failed as it should")]

use proptest::prelude::*;

use super::*;

/// Tokens each of which merges with the next at a lower rank than the pair
/// before, so that the last character decides about the first.
const FALLING: &str = "FINALAQMALERPgtestedatakiramidepressorgetteraclinarsersed\
    Listsildeadcadeonneathsentrpkkelnhdamerdmcientooralletedsendlangoxxylinoadoption\
    sumentssoberroutrorer";

/// Long pieces of many kinds: one unit repeated, few different letters, and parts of
/// [`FALLING`].
fn long_piece() -> impl Strategy<Value = Vec<u8>> {
    let again = prop::sample::select(vec!["a", "ab", " ", "\n", " \n\t", "-", "=-", "的", "👍"])
        .prop_flat_map(|part| (1_usize..6000).prop_map(|length| part.repeat(length / part.len())));
    let falling = (0..FALLING.len(), 0..=FALLING.len())
        .prop_map(|(from, to)| FALLING[from.min(to)..to.max(from)].to_owned());
    let falling = prop::collection::vec(falling, 0..60).prop_map(|parts| parts.concat());
    let few = "[acdehinorst]{0,4000}";
    prop_oneof![again, falling, few].prop_map(String::into_bytes)
}

fn whole(bytes: &[u8]) -> u64 {
    Scratch::default().merge(bytes).len() as u64
}

#[test]
fn the_end_of_a_piece_can_change_its_start() {
    let mut scratch = Scratch::default();
    let mut ends = |bytes: &str| -> Vec<usize> {
        scratch.merge(bytes.as_bytes()).iter().map(|part| part.end).collect()
    };
    // If this did not hold, the tests below would not reach beyond the nearest
    // of the distances.
    let all = ends(FALLING);
    let other = ends(&FALLING[..FALLING.len() - 1]);
    assert!(other.iter().all(|end| *end < DISTANCES[0] || !all.contains(end)));
}

#[test]
fn a_place_next_to_a_falling_text_is_not_certain() {
    let bytes = [&b"the".repeat(200), FALLING.as_bytes()].concat();
    let ends = last_ends(&bytes).collect::<Vec<_>>();
    let place = certain_place(&bytes, &ends, &mut Scratch::default()).unwrap();
    assert!(place.end + DISTANCES[1] <= ends[0], "{} of {}", place.end, bytes.len());
}

#[test]
fn a_failed_try_is_made_up_for() {
    let text = b"abcdefgh".repeat(2000);
    let mut piece = Piece { failed: 5000, ..Piece::default() };
    let mut longest = 0;
    for portion in text.chunks(100) {
        piece.push(portion, &mut Scratch::default());
        longest = longest.max(piece.held.len());
    }
    assert!(longest > 5000 && piece.held.len() < 5000, "{longest} {}", piece.held.len());
    assert_eq!(piece.count(&mut Scratch::default()), whole(&text));
}

#[test]
fn little_is_held_of_a_long_piece() {
    let mut scratch = Scratch::default();
    for part in ["a", " ", "-", "x y", FALLING, "的", "👍", "\n \t"] {
        let mut piece = Piece::default();
        for _ in 0..100_000 / part.len() {
            piece.push(part.as_bytes(), &mut scratch);
            assert!(piece.held.len() < 6000, "{part:?}");
        }
        assert!(piece.settled() > 0, "{part:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn dropping_changes_nothing(bytes in long_piece(), portion in 1_usize..700, settles: bool) {
        let mut scratch = Scratch::default();
        let mut piece = Piece::default();
        for portion in bytes.chunks(portion) {
            piece.push(portion, &mut scratch);
            if settles {
                piece.settle(&mut scratch);
            }
        }
        prop_assert_eq!(piece.count(&mut scratch), whole(&bytes));
        let (without, last) = split_before_last(&bytes);
        prop_assert_eq!(piece.count_without_last(&mut scratch), whole(without));
        prop_assert_eq!(piece.last(), last);
    }

    #[test]
    fn a_certain_place_is_one(bytes in long_piece(), more in "[ a-z]{0,40}") {
        let mut scratch = Scratch::default();
        let ends = last_ends(&bytes).collect::<Vec<_>>();
        if let Some(place) = certain_place(&bytes, &ends, &mut scratch) {
            for going_on in [b"".as_slice(), b"a", b"-", b" ", b"er", &[0x84], more.as_bytes()] {
                let parts: Vec<usize> = scratch
                    .merge(&[&bytes, going_on].concat())
                    .iter()
                    .map(|part| part.end)
                    .collect();
                let before = usize::try_from(place.tokens).unwrap();
                prop_assert_eq!(parts.get(before - 1), Some(&place.end));
            }
        }
    }
}
