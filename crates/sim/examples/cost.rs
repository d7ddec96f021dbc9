//! What it costs to admit, remove and re-key, by people in the room, as JSON.
//! `cargo run --release -p incamera-sim --example cost -- 2 10 50 200`

use core::time::Duration;
use incamera_sim::cost::measure;
use rustix::time::{ClockId, clock_gettime};

/// Each figure is the median of so many, of re-keying twice as many.
const ROUNDS: usize = 5;

#[expect(
    clippy::print_stdout,
    reason = "a measurement, not part of the program"
)]
fn main() -> Result<(), Box<dyn core::error::Error>> {
    let mut rooms = Vec::new();
    for people in std::env::args().skip(1) {
        let people: usize = people.parse()?;
        if people < 2 {
            return Err("2 people or more".into());
        }
        rooms.push(measure(people, ROUNDS, computing));
    }
    println!("{}", serde_json::to_string_pretty(&rooms)?);
    Ok(())
}

/// What this thread computed so far, whatever else the machine does.
fn computing() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        time.tv_nsec.unsigned_abs() as u32,
    )
}
