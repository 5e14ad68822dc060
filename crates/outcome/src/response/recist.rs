//! RECIST 1.0 and 1.1: the sum of diameters.
//!
//! $s = \sum_i d_i$ over the targets, with $d_i$ the longest diameter of a mass
//! and, in RECIST 1.1, the short axis of a node.
//!
//! | | RECIST 1.0 | RECIST 1.1 |
//! |---|---|---|
//! | targets, per organ | 10, 5 | 5, 2 |
//! | smallest mass | 10 mm spiral CT, 20 mm other | 10 mm, twice the slice, 20 mm on a radiograph |
//! | smallest node | as a mass | short axis of 15 mm; 10 to 15 mm other; below 10 mm normal |
//! | complete | all gone | all masses gone, all nodes normal |
//! | partial | $s \le 0.7\,s_0$ | the same |
//! | progression | $s \ge 1.2\,s_n$ | $s \ge 1.2\,s_n$ and $s - s_n \ge 5$ mm |
//!
//! Breaks where size says little: necrosis after radioembolisation can leave a
//! tumour as large as it was, or larger. Two targets of a liver full of
//! metastases are few; the variant of the liver alone takes five.
//! Sources: therasse2000, eisenhauer2009.

use super::{CriterionRules, Diameter, Lesion, LesionFinding, LesionState};

impl CriterionRules {
    /// Whether a lesion counts by its short axis.
    pub(crate) const fn is_node(&self, lesion: &Lesion) -> bool {
        lesion.kind.is_node() && self.nodes_by_short_axis
    }

    /// A diameter in ticks; of what is too small to measure its default.
    pub(crate) fn diameter_of(
        &self,
        finding: &LesionFinding,
        measured: Option<Diameter>,
    ) -> Option<u32> {
        measured.map(Diameter::ticks).or_else(|| {
            (finding.state == LesionState::TooSmall).then_some(self.too_small_mm.ticks())
        })
    }

    /// The longest diameter of a mass, the short axis of a node, in ticks.
    pub(crate) fn diameter(&self, lesion: &Lesion, finding: &LesionFinding) -> Option<i64> {
        let measured = if self.is_node(lesion) {
            finding.short_axis
        } else {
            finding.long_axis
        };
        self.diameter_of(finding, measured).map(i64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::{LesionKind, ResponseCriteria};

    #[test]
    fn takes_the_short_axis_of_a_node_in_1_1_alone() {
        let criteria = ResponseCriteria::built_in().unwrap();
        let node = Lesion {
            kind: LesionKind::Node,
            ..Lesion::default()
        };
        let finding = LesionFinding {
            long_axis: Some(Diameter::from_tenths(300)),
            short_axis: Some(Diameter::from_tenths(180)),
            ..LesionFinding::default()
        };
        let read = |name: &str| criteria.named(name).unwrap().diameter(&node, &finding);
        assert_eq!(read("recist-1.1"), Some(180_000));
        assert_eq!(read("recist-1.0"), Some(300_000));
    }
}
