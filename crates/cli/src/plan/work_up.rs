//! What plan and lung shunt begin with: the images of a work-up, held against
//! the case and each other.

use std::path::Path;

use sirt_dosimetry::ShuntEstimate;
use sirt_store::Case;

use super::images::WorkUpImages;
use super::planar::PlanarWorkUp;
use super::{consistency, facts};
use crate::result::Finding;

/// What the images of a work-up say, and the lung shunts by all of them.
pub(super) struct WorkUp {
    pub(super) images: Option<WorkUpImages>,
    /// That by which everything is computed first.
    pub(super) shunts: Vec<ShuntEstimate>,
    pub(super) findings: Vec<Finding>,
}

impl WorkUp {
    /// Reads what a case names.
    ///
    /// # Errors
    /// For images of another patient or time, territories that overlap
    /// undeclared, lobes that are swapped, and whatever cannot be read.
    pub(super) fn of_case(case: &Case, folder: &Path) -> anyhow::Result<Self> {
        let of_patient = consistency::of_case(case, folder)?;
        let images = WorkUpImages::read(case, folder)?;
        if let Some(images) = &images {
            images.require_declared_overlaps(case)?;
        }
        let planar = PlanarWorkUp::of_case(case, folder)?;
        let shunts = facts::shunts(case, images.as_ref(), planar.as_ref())?;
        Ok(Self::new(of_patient, images, planar, shunts))
    }

    /// With the findings of all its parts.
    pub(super) fn new(
        of_patient: Vec<Finding>,
        images: Option<WorkUpImages>,
        planar: Option<PlanarWorkUp>,
        shunts: Vec<ShuntEstimate>,
    ) -> Self {
        let mut findings = of_patient;
        findings.extend(images.iter().flat_map(|images| images.findings.clone()));
        findings.extend(planar.into_iter().flat_map(|planar| planar.findings));
        Self {
            images,
            shunts,
            findings,
        }
    }
}
