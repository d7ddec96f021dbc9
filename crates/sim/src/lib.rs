//! Virtual network, adversarial server and reference model; tests only.
