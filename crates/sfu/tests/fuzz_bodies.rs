//! The fuzz bodies over random and almost right input; `fuzz/` runs them for longer.

use incamera_sfu::fuzz;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn check(body: fn(&[u8]), good: &[u8], rounds: u64) {
    body(good);
    for seed in 0..rounds {
        let mut random = StdRng::seed_from_u64(seed);
        let mut bytes = good.to_vec();
        if seed % 2 == 0 {
            bytes = vec![0; random.random_range(0..2000)];
            random.fill(&mut bytes[..]);
        }
        for _ in 0..random.random_range(0..8) {
            if !bytes.is_empty() {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
        }
        body(&bytes);
    }
}

#[test]
fn bodies_take_anything() {
    check(fuzz::deframer, &[0, 3, 1, 2, 3, 0, 1, 9], 500);
    check(
        fuzz::offer,
        include_bytes!("offers/firefox-simulcast.sdp"),
        300,
    );
    check(fuzz::descriptors, &[0xA8, 0x11, 0, 7], 500);
    let mut stun = vec![0; 20];
    stun.extend_from_slice(b"\x00\x06\x00\x04ab:c");
    check(fuzz::stun, &stun, 500);
}

#[test]
fn a_node_takes_any_datagram() {
    let framed = |packet: &[u8]| [&(packet.len() as u16).to_be_bytes()[..], packet].concat();
    let good = [
        framed(&[
            0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ]),
        framed(&[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0]),
        framed(&[
            0x90, 98, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0xBE, 0xDE, 0, 1, 0x40, 0x31, 0, 0, 1, 2, 3,
        ]),
        framed(&[0x80, 200, 0, 6, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]),
    ];
    check(fuzz::datagrams, &good.concat(), 200);
}
