//! Contents that cost nearly nothing to make and to check, so that a client can keep up with a server on the same machine.
//!
//! A payload is one random MiB over and over, which no server here compresses, with a stamp of 16 bytes at the start of each
//! page of 4 KiB: who it is and where the page belongs. So every payload has a digest of its own, and a page that is lost,
//! torn, repeated, or of another payload is seen when it is compared.

use std::sync::OnceLock;

use oci::{Algorithm, Digest, DigestHasher};

use crate::random::Random;

const PAGE: usize = 4096;
const STAMP: usize = 16;
/// How many bytes are written to a socket at once when a payload is streamed.
pub const STRETCH: usize = 1 << 20;
/// The chunk that Docker sends its layers in: what Go's `io.Copy` reads at once.
pub const CHUNK: usize = 32 << 10;

/// The content with this identity and this many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Payload {
    /// Who it is: another number makes other bytes.
    pub id: u64,
    /// Bytes.
    pub size: u64,
}

impl Payload {
    /// Names a payload; nothing is made yet.
    pub fn new(id: u64, size: u64) -> Self {
        Self { id, size }
    }

    /// Its bytes in `range`, which is cut at its end.
    pub fn slice(&self, start: u64, end: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(usize_of(end.min(self.size).saturating_sub(start)));
        self.each_piece(start, end.min(self.size), |piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// All its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.slice(0, self.size)
    }

    /// Its SHA-256 digest.
    pub fn digest(&self) -> Digest {
        let mut hasher = DigestHasher::new(Algorithm::Sha256);
        let mut start = 0;
        while start < self.size {
            let end = self.size.min(start + STRETCH as u64);
            hasher.update(&self.slice(start, end));
            start = end;
        }
        hasher.finish()
    }

    /// Whether `bytes` are exactly its bytes from `offset` on. Reads no further than its end: more bytes than it has are wrong.
    pub fn matches(&self, offset: u64, bytes: &[u8]) -> bool {
        let end = offset + bytes.len() as u64;
        if end > self.size {
            return false;
        }
        let (mut rest, mut same) = (bytes, true);
        self.each_piece(offset, end, |piece| {
            let (head, tail) = rest.split_at(piece.len());
            same = same && head == piece;
            rest = tail;
        });
        same
    }

    /// Its bytes from `start` to `end`, in pieces that end where stamps and pages end.
    fn each_piece(&self, start: u64, end: u64, mut each: impl FnMut(&[u8])) {
        let filling = filling();
        let mut at = start;
        while at < end {
            let page = at / PAGE as u64;
            let within = usize_of(at % PAGE as u64);
            let left = usize_of((end - at).min((PAGE - within) as u64));
            let piece = if within < STAMP { left.min(STAMP - within) } else { left };
            if within < STAMP {
                each(&self.stamp(page)[within..within + piece]);
            } else {
                let from = usize_of(at % STRETCH as u64);
                each(&filling[from..from + piece]);
            }
            at += piece as u64;
        }
    }

    fn stamp(&self, page: u64) -> [u8; STAMP] {
        let mut stamp = [0; STAMP];
        stamp[..8].copy_from_slice(&self.id.to_le_bytes());
        stamp[8..].copy_from_slice(&page.to_le_bytes());
        stamp
    }
}

/// A payload as the body of a chunked request: stretches of 1 MiB, framed in chunks of [`CHUNK`] bytes.
#[derive(Debug)]
pub struct ChunkedStretches {
    payload: Payload,
    next: u64,
    framed: Vec<u8>,
}

impl ChunkedStretches {
    /// Starts at the payload's first byte.
    pub fn new(payload: Payload) -> Self {
        Self { payload, next: 0, framed: Vec::new() }
    }

    /// The next stretch, framed; `None` after the last one. The final `0` chunk is the caller's.
    pub fn next_stretch(&mut self) -> Option<&[u8]> {
        let left = self.payload.size - self.next;
        if left == 0 {
            return None;
        }
        if left >= STRETCH as u64 && !self.framed.is_empty() {
            self.stamp_again();
        } else {
            self.framed.clear();
            let end = self.next + left.min(STRETCH as u64);
            let mut at = self.next;
            while at < end {
                let until = end.min(at + CHUNK as u64);
                self.framed.extend_from_slice(format!("{:x}\r\n", until - at).as_bytes());
                self.payload.each_piece(at, until, |piece| self.framed.extend_from_slice(piece));
                self.framed.extend_from_slice(b"\r\n");
                at = until;
            }
        }
        self.next += left.min(STRETCH as u64);
        Some(&self.framed)
    }

    /// The filling repeats with each stretch, so only the stamps have to change: the client's processor time goes to the
    /// server.
    fn stamp_again(&mut self) {
        let framing = format!("{CHUNK:x}\r\n").len();
        for page in 0..STRETCH / PAGE {
            let offset = page * PAGE;
            let chunk = offset / CHUNK;
            let at = offset + chunk * (framing + 2) + framing;
            let stamp = self.payload.stamp(self.next / PAGE as u64 + page as u64);
            self.framed[at..at + STAMP].copy_from_slice(&stamp);
        }
    }
}

fn filling() -> &'static [u8] {
    static FILLING: OnceLock<Vec<u8>> = OnceLock::new();
    FILLING.get_or_init(|| {
        let mut random = Random::new(0x0511_b0a7);
        (0..STRETCH / 8).flat_map(|_| random.number().to_le_bytes()).collect()
    })
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).expect("payloads are read in stretches that fit in memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_with_other_identities_or_sizes_have_other_digests() {
        let digest = |id, size| Payload::new(id, size).digest();
        assert_eq!(digest(1, 5000), digest(1, 5000));
        assert_ne!(digest(1, 5000), digest(2, 5000));
        assert_ne!(digest(1, 5000), digest(1, 5001));
        assert_eq!(digest(1, 5000), Digest::sha256(&Payload::new(1, 5000).bytes()));
    }

    #[test]
    fn bytes_match_at_any_cut_and_a_changed_byte_does_not() {
        let payload = Payload::new(3, 3 * STRETCH as u64 + 777);
        let bytes = payload.bytes();
        for (start, end) in [(0, 1), (5, 20), (4090, 4120), (STRETCH - 3, STRETCH + 9000), (3 * STRETCH, bytes.len())] {
            assert!(payload.matches(start as u64, &bytes[start..end]), "{start}..{end}");
            let mut wrong = bytes[start..end].to_vec();
            *wrong.last_mut().expect("not empty") ^= 1;
            assert!(!payload.matches(start as u64, &wrong), "{start}..{end}");
        }
    }

    #[test]
    fn bytes_past_the_end_and_a_page_at_another_place_do_not_match() {
        let payload = Payload::new(3, 8192);
        let bytes = payload.bytes();
        assert!(!payload.matches(4096, &bytes[..4096]));
        assert!(!payload.matches(1, &bytes));
        assert!(!Payload::new(4, 8192).matches(0, &bytes));
    }

    #[test]
    fn chunked_stretches_carry_the_payload() {
        let payload = Payload::new(9, 3 * STRETCH as u64 + 40_000);
        let mut stretches = ChunkedStretches::new(payload);
        let mut body = Vec::new();
        while let Some(mut framed) = stretches.next_stretch() {
            while !framed.is_empty() {
                let line = framed.windows(2).position(|pair| pair == b"\r\n").expect("a chunk's size");
                let size = usize::from_str_radix(std::str::from_utf8(&framed[..line]).expect("text"), 16).expect("hex");
                assert!(size <= CHUNK);
                body.extend_from_slice(&framed[line + 2..line + 2 + size]);
                assert_eq!(&framed[line + 2 + size..line + 4 + size], b"\r\n");
                framed = &framed[line + 4 + size..];
            }
        }
        assert!(body == payload.bytes());
    }
}
