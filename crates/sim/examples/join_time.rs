//! How much computing it takes to come in, and how long the protocol waits, by people in the room.
//! `cargo run --release -p incamera-sim --example join_time`

use core::time::Duration;
use incamera_model::StreamName;
use incamera_sim::World;
use std::time::Instant;

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement, not part of the program"
)]
fn main() {
    println!("people  joining, virtual ms  computing, all people, real ms  entries, kB");
    for people in [2, 10, 50] {
        let mut world = World::new(1);
        for index in 1..people {
            world.join(&format!("P{index}"));
        }
        world.settle();
        world.run_for(Duration::from_secs(3));
        let before = sizes(&world);
        let (virtual_start, real_start) = (world.now, Instant::now());
        world.join("Last");
        world.run_until(Duration::from_secs(20), World::agree);
        let waited = (world.now - virtual_start).as_millis();
        let computed = real_start.elapsed().as_secs_f64() * 1e3;
        let kilobytes = (sizes(&world) - before) / 1000;
        println!("{people:6}  {waited:19}  {computed:30.1}  {kilobytes:11}");
    }
}

/// The bytes of `c/<room>` and `door/<room>`.
fn sizes(world: &World) -> usize {
    let streams = [
        StreamName::commits(&world.room),
        StreamName::door(&world.room),
    ];
    let size = |stream| -> usize { world.logs[0].entries(stream).iter().map(Vec::len).sum() };
    streams.iter().map(size).sum()
}
