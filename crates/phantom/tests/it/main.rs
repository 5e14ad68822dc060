//! Checks of the phantom against its own closed forms.

mod anatomy;
