//! Printed figures back to counts: which k of n print so, alone and together.
//!
//! Percentages of whole patients leave few counts open (brown2017grim). All is
//! whole-number arithmetic: a percentage stays the text that was printed.

mod check;
mod joint;
mod printed;
mod study;

pub use check::{CheckedClaim, CheckedRelation, CheckedStudy, Finding, Verdict, check_study};
pub use printed::{
    FigureCheck, PrintedPercent, Rounding, RuledCounts, RuledSolutions, Solution, check_figure,
};
pub use study::{
    Claim, ClaimKind, ClaimUnit, Denominator, Protocol, Relation, RelationKind, Study,
};
