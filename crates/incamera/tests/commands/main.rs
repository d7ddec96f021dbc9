//! The commands as processes: `serve`, `talk new`, `join`.

mod blindness;
mod join;
mod process;
mod proxy;
mod search;
