//! The one wrapper of an MLS group that enforces the rules, SFrame contexts and sealed entries. Pure and synchronous.
