//! Documents from results: the same [`Report`] as PDF and as one HTML file.
//!
//! The crate knows pages, tables and pictures; what stands in them is
//! computed, rounded and worded by whoever fills a [`Report`].

mod document;

pub use document::{
    Alignment, Block, Callout, Cell, Column, Fact, Figure, FigureWidth, Mark, Picture, Reference,
    Report, Row, Section, Signature, Status, Table,
};
