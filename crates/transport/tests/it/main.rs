//! Validation against tables of others and against theory.
