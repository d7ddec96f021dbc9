//! wasm-bindgen shim over incamera-e2ee; it has no logic of its own.
