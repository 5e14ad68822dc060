//! Scores of the patient's condition and the evidence of cohorts; sees no pixel.
//!
//! This crate opens no file, reads no clock and holds no global: data tables
//! are built in, others come as text.

mod error;
pub mod evidence;
mod liver_function;
mod sex;

pub use error::OutcomeError;
pub use liver_function::{
    Albi, AlbiGrade, Ascites, CITATIONS, ChildPugh, ChildPughClass, Cited, Encephalopathy,
    LaboratoryValues, LiverFunctionTable, Meld, ModifiedAlbiGrade, albi, child_pugh, meld, meld_3,
    meld_sodium,
};
pub use sex::Sex;
