//! How far apart a body is read.

use degpt_edge::answer::Pace;

/// Reads a body whose chunks come every `every_ms`, for `length_ms`: how long each read
/// gathered, and by how much each chunk was late.
fn reads(most_ms: u32, every_ms: u64, length_ms: u64) -> (Vec<u64>, Vec<u64>) {
    let mut pace = Pace::new(most_ms);
    let (mut now_ms, mut chunk_ms) = (0, 0);
    let (mut gaps, mut late) = (Vec::new(), Vec::new());
    while chunk_ms < length_ms {
        now_ms = now_ms.max(chunk_ms);
        while chunk_ms <= now_ms {
            late.push(now_ms - chunk_ms);
            chunk_ms += every_ms.max(1);
        }
        pace.piece(now_ms);
        let wait_ms = u64::from(pace.wait_ms(now_ms));
        gaps.push(wait_ms);
        now_ms += wait_ms;
    }
    (gaps, late)
}

#[test]
fn the_first_pieces_go_out_at_once_and_later_ones_are_gathered() {
    for (every_ms, most_reads) in [(20, 520), (5, 160)] {
        let (gaps, late) = reads(40, every_ms, 1_000 * every_ms);
        assert!(gaps.len() <= most_reads, "{} reads at {every_ms} ms", gaps.len());
        assert_eq!(late.iter().take(10).sum::<u64>(), 0, "the first chunks");
        assert!(late.iter().max() <= Some(&40), "{late:?}");
        assert_eq!(gaps.iter().max(), Some(&40));
        let mut sorted = late.clone();
        sorted.sort_unstable();
        assert!(sorted[sorted.len() / 2] <= 20, "the median");
        assert!(gaps.is_sorted_by(|one, next| one <= next), "the interval grows: {gaps:?}");
    }
}

#[test]
fn a_slow_body_is_read_as_it_comes() {
    let (gaps, late) = reads(40, 60, 60_000);
    assert_eq!((gaps.iter().sum::<u64>(), late.iter().sum::<u64>()), (0, 0));
    // Nothing is gathered for longer than a millisecond where that is not wanted.
    let (gaps, _) = reads(0, 5, 60_000);
    assert_eq!(gaps.iter().max(), Some(&0));
    let mut burst = Pace::new(0);
    let waits = [0; 6].map(|now_ms| {
        burst.piece(now_ms);
        burst.wait_ms(now_ms)
    });
    assert_eq!(waits, [0, 0, 0, 0, 1, 1]);
}

#[test]
fn what_comes_after_a_pause_goes_out_at_once() {
    let mut pace = Pace::new(40);
    let mut now_ms = 0;
    for _ in 0..1_000 {
        pace.piece(now_ms);
        now_ms += u64::from(pace.wait_ms(now_ms)).max(5);
    }
    pace.piece(now_ms);
    assert_eq!(pace.wait_ms(now_ms), 40);
    // The read has been waiting for long when the next piece comes.
    pace.piece(now_ms + 1_000);
    assert_eq!(pace.wait_ms(now_ms + 1_000), 0);
}

#[test]
fn a_clock_that_is_set_back_does_no_harm() {
    let mut pace = Pace::new(40);
    for now_ms in (0..2_000).chain(0..2_000) {
        pace.piece(now_ms);
        assert!(pace.wait_ms(now_ms) <= 40);
    }
}
