//! The rules of a talk: seats, links and signed names. Pure.
