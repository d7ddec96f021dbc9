//! The memory allocator of the program that people run, and of the server that `incamera-soak`
//! measures: both name this crate, so that they have the same. `docs/decisions/0007` says why it
//! isn't the system's.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;
