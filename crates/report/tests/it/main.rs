//! Documents as their readers get them.

mod fixture;
mod html;
