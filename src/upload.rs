//! Reads a client's body to its end, within limits of size and time. It holds little more memory
//! than the bytes that have arrived need. The runtime decompresses a body as it is read: the
//! limits are about what comes out.

use crate::{error::Error, in_flight::Held, runtime::Runtime};

/// The most bytes that one read returns.
pub const PIECE_BYTES: usize = 64 << 10;
/// The first allocation, in bytes: most bodies are smaller.
const FIRST_BYTES: usize = 16 << 10;
/// How much may be decompressed before it is read, in bytes.
const AHEAD_BYTES: usize = 2 << 20;
/// The longest silence within a body, in milliseconds.
pub const STALL_MS: u64 = 10_000;
/// The longest time for a whole body, in milliseconds.
pub const LONGEST_MS: u64 = 60_000;

/// The length of the body that a request declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// The request declares none.
    Unknown,
    /// The declared number of bytes.
    Known(u64),
    /// The request declares how many bytes it has compressed, which does not matter.
    Compressed,
}

impl Length {
    /// Parses a `content-length`. A number that is too large for `u64` becomes the largest one.
    #[must_use]
    pub fn of(header: Option<&str>) -> Self {
        let header = header.map(str::trim).filter(|header| {
            !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit())
        });
        header.map_or(Self::Unknown, |header| Self::Known(header.parse().unwrap_or(u64::MAX)))
    }
}

/// The format of `DecompressionStream` (the Compression Streams standard) in which a body of
/// this `content-encoding` is; `None` if it is not compressed.
///
/// # Errors
/// [`Error::UnknownEncoding`] for another encoding, or several.
pub fn format(encoding: Option<&str>) -> Result<Option<&'static str>, Error> {
    const KNOWN: [(&str, Option<&str>); 5] = [
        ("", None),
        ("identity", None),
        ("gzip", Some("gzip")),
        ("x-gzip", Some("gzip")),
        ("deflate", Some("deflate")),
    ];
    let encoding = encoding.unwrap_or_default().trim();
    let known = KNOWN.iter().find(|(name, _)| name.eq_ignore_ascii_case(encoding));
    known.map(|(_, format)| *format).ok_or_else(|| Error::UnknownEncoding(encoding.to_owned()))
}

/// Reads `upload` to its end. `held` counts its memory.
///
/// Each read waits for an eighth of the bytes so far, or for as many as arrive in a second if that
/// is less. So a body in thousands of small pieces takes tens of reads, and a slow body does not
/// count as stalled.
///
/// # Errors
/// [`Error::BodyTooLarge`] for more than `limit_bytes`, as soon as that is known;
/// [`Error::BodyTimeout`], [`Error::BodyUnreadable`], [`Error::Overloaded`].
pub async fn read<E: Runtime>(
    edge: &E,
    upload: &mut E::Upload,
    length: Length,
    limit_bytes: usize,
    held: &mut Held,
) -> Result<Vec<u8>, Error> {
    let too_large = Error::BodyTooLarge { limit_bytes };
    let known = match length {
        Length::Known(length) => match usize::try_from(length) {
            Ok(length) if length <= limit_bytes => Some(length),
            _ => return Err(too_large),
        },
        Length::Unknown | Length::Compressed => None,
    };
    let ahead = if length == Length::Compressed { AHEAD_BYTES } else { 0 };
    // One byte more than the limit shows that the body is too large.
    let most = known.unwrap_or(limit_bytes.saturating_add(1));
    let started_ms = edge.now_ms();
    let mut bytes = Vec::new();
    while bytes.len() < most {
        make_room(&mut bytes, most, known.is_some(), ahead, held)?;
        let elapsed_ms = edge.now_ms().saturating_sub(started_ms);
        let wait_ms = STALL_MS.min(LONGEST_MS.saturating_sub(elapsed_ms));
        if wait_ms == 0 {
            return Err(Error::BodyTimeout);
        }
        let room = bytes.capacity() - bytes.len();
        let at_least = at_least(bytes.len(), elapsed_ms).min(room).min(most - bytes.len());
        let before = bytes.len();
        edge.read_on(upload, at_least, wait_ms, &mut bytes).await?;
        if bytes.len() == before {
            break;
        }
    }
    held.set(bytes.capacity())?;
    match known {
        Some(length) if bytes.len() < length => Err(Error::BodyUnreadable),
        None if bytes.len() > limit_bytes => Err(too_large),
        _ => Ok(bytes),
    }
}

/// How many bytes the next read waits for, when `so_far` bytes arrived in `elapsed_ms`.
fn at_least(so_far: usize, elapsed_ms: u64) -> usize {
    let elapsed_ms = usize::try_from(elapsed_ms).unwrap_or(usize::MAX);
    let in_a_second = so_far.saturating_mul(1_000) / elapsed_ms.max(1);
    (so_far / 8).min(in_a_second).clamp(1, PIECE_BYTES)
}

/// Makes room for one more piece: doubles the capacity, up to `most`. If the length `is_known`,
/// allocates all of it once a quarter has arrived. The count includes the buffer that the
/// runtime reads a piece into, and `ahead` bytes that it has.
fn make_room(
    bytes: &mut Vec<u8>,
    most: usize,
    is_known: bool,
    ahead: usize,
    held: &mut Held,
) -> Result<(), Error> {
    let room = bytes.capacity() - bytes.len();
    // There is enough room for a read to be worth its cost.
    if bytes.capacity() >= most || room >= PIECE_BYTES.min(bytes.capacity()) / 2 && room > 0 {
        return Ok(());
    }
    let capacity = bytes.capacity().saturating_mul(2).max(FIRST_BYTES);
    // The last step is taken early: the memory of the old buffer is too small to be used again.
    let is_last = capacity >= most / 2;
    let capacity = if is_last && is_known { most } else { capacity.min(most) };
    held.set(capacity + capacity.min(PIECE_BYTES) + ahead)?;
    bytes.try_reserve_exact(capacity - bytes.len()).map_err(|_| Error::Overloaded)
}
