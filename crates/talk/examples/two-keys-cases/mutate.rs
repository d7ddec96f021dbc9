//! Ways to break bytes.

use incamera_talk::crypto::KeyPair;

/// Each of `count` bits spread over the bytes, flipped.
pub(crate) fn flipped(bytes: &[u8], count: usize) -> Vec<Vec<u8>> {
    let step = (bytes.len() * 8 / count).max(1) | 1;
    let flip = |bit: usize| {
        let mut altered = bytes.to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        altered
    };
    (0..bytes.len() * 8).step_by(step).map(flip).collect()
}

/// The bytes cut short at `count` places, and with a byte more.
pub(crate) fn cut(bytes: &[u8], count: usize) -> Vec<Vec<u8>> {
    let step = (bytes.len() / count).max(1);
    let cuts = (0..bytes.len()).step_by(step);
    let mut cut: Vec<Vec<u8>> = cuts.map(|end| bytes[..end].to_vec()).collect();
    cut.push([bytes, &[0]].concat());
    cut
}

/// Each 64 bytes that end at `ends`, as another signature by nobody; malleable ones among them.
pub(crate) fn forged(bytes: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let forge = |end: &usize| {
        let mut zeros = bytes.to_vec();
        zeros[end - 64..*end].fill(0);
        // S + L: the same signature to whoever doesn't look at the range of S (RFC 8032 section 5.1.7).
        let mut malleable = bytes.to_vec();
        add_order(&mut malleable[end - 32..*end]);
        [zeros, malleable]
    };
    ends.iter().flat_map(forge).collect()
}

fn add_order(scalar: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, more) in scalar.iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
}

/// Where `part` stands in `bytes`.
#[track_caller]
pub(crate) fn find(bytes: &[u8], part: &[u8]) -> usize {
    let found = bytes.windows(part.len()).position(|window| window == part);
    found.expect("it is in there")
}

/// `bytes` with `old` replaced by `new`, once.
#[track_caller]
pub(crate) fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = find(bytes, old);
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

/// Signs `signed` whose last 64 bytes are a signature, again.
pub(crate) fn resigned(bytes: &[u8], label: &str, key: &KeyPair) -> Vec<u8> {
    let content = &bytes[..bytes.len() - 64];
    [content, &key.sign(label, content)].concat()
}
