//! What goes to whom: slots, rewriting, key-frame requests, speakers. Pure.
