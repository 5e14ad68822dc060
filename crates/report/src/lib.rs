//! Documents from results: the same [`Report`] as PDF and as one HTML file.
//!
//! The crate knows pages, tables and pictures; what stands in them is
//! computed, rounded and worded by whoever fills a [`Report`].
//! Both forms come from the report alone: no clock, no network, no font of the
//! system, so that the same report gives the same bytes.

mod citation;
mod document;
mod error;
mod html;
mod numbered;
#[cfg(feature = "pdf")]
mod pdf;
pub mod plot;
mod sign;
mod svg;

pub use document::{
    Alignment, Block, Callout, Cell, Column, Fact, Figure, FigureWidth, Mark, Picture, Reference,
    Report, Row, Section, Signature, Status, Table,
};
pub use error::ReportError;
pub use html::html;
#[cfg(feature = "pdf")]
pub use pdf::pdf;
