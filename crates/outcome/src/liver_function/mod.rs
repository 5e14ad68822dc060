//! Scores of liver function: ALBI, Child-Pugh, MELD, MELD-Na, MELD 3.0.
//!
//! Equations, bounds and sources stand in the files of the scores.
//! All of them describe a population; none was made for neuroendocrine
//! metastases in a liver without cirrhosis, where they mostly say "normal".
//! Cut points are data (`data/liver_function.toml`), with source and, where
//! they were recalled and not read again, with that mark.

mod albi;
mod child_pugh;
mod laboratory;
mod meld;
mod table;

pub use albi::{Albi, AlbiGrade, ModifiedAlbiGrade, albi};
pub use child_pugh::{Ascites, ChildPugh, ChildPughClass, Encephalopathy, child_pugh};
pub use laboratory::LaboratoryValues;
pub use meld::{Meld, meld, meld_3, meld_sodium};
pub use table::{Cited, LiverFunctionTable};

/// Bibliography keys of each score by name.
pub const CITATIONS: [(&str, &str); 6] = [
    ("ALBI", "johnson2015albi"),
    ("mALBI", "hiraoka2017malbi"),
    ("Child-Pugh", "pugh1973"),
    ("MELD", "kamath2001meld"),
    ("MELD-Na", "kim2008hyponatremia"),
    ("MELD 3.0", "kim2021meld"),
];
