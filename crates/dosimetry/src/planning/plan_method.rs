//! The published ways to an activity, by name and source.
//!
//! What each computes is in [`super::method_card`]; which device it is made
//! for stands here.

use serde::Serialize;

use crate::Device;

/// A published way to an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanMethod {
    /// Body surface, the whole liver.
    Bsa,
    /// Body surface, share of the whole-liver activity.
    #[serde(rename = "bsa-lobar-1")]
    BsaLobar1,
    /// Body surface, involvement of the lobe.
    #[serde(rename = "bsa-lobar-2")]
    BsaLobar2,
    /// Table by tumour involvement.
    Empiric,
    /// One compartment.
    Mird,
    /// Partition model, largest activity within the limits.
    PartitionLimit,
    /// Partition model, dose of the tumour.
    PartitionTarget,
    /// Activity for a mass of liver, Ho-166.
    Holmium,
    /// Voxel prediction, largest activity within the limits.
    VoxelLimit,
    /// Voxel prediction, dose of the tumour.
    VoxelTarget,
    /// An activity that a person states, by no method of the card.
    Stated,
}

impl PlanMethod {
    /// All that compute an activity, in the order of the card.
    pub const ALL: [Self; 10] = [
        Self::Bsa,
        Self::BsaLobar1,
        Self::BsaLobar2,
        Self::Empiric,
        Self::Mird,
        Self::PartitionLimit,
        Self::PartitionTarget,
        Self::Holmium,
        Self::VoxelLimit,
        Self::VoxelTarget,
    ];

    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bsa => "bsa",
            Self::BsaLobar1 => "bsa-lobar-1",
            Self::BsaLobar2 => "bsa-lobar-2",
            Self::Empiric => "empiric",
            Self::Mird => "mird",
            Self::PartitionLimit => "partition-limit",
            Self::PartitionTarget => "partition-target",
            Self::Holmium => "holmium",
            Self::VoxelLimit => "voxel-limit",
            Self::VoxelTarget => "voxel-target",
            Self::Stated => "stated",
        }
    }

    /// Bibliography key and place.
    #[must_use]
    pub const fn reference(self) -> &'static str {
        match self {
            Self::Bsa | Self::BsaLobar1 | Self::BsaLobar2 => {
                "vanroekel2021thesis, p. 30; shunt table recalled from the label"
            }
            Self::Empiric => "table recalled from the label",
            Self::Mird => "vanroekel2021thesis, p. 30",
            Self::PartitionLimit | Self::PartitionTarget => {
                "ho1996partition; vanroekel2021thesis, p. 30"
            }
            Self::Holmium => "vanroekel2021thesis, p. 30",
            Self::VoxelLimit | Self::VoxelTarget => "chiesa2021sop; dieudonne2011",
            Self::Stated => "the case",
        }
    }

    /// The model that its doses come from.
    #[must_use]
    pub const fn is_by_voxel(self) -> bool {
        matches!(self, Self::VoxelLimit | Self::VoxelTarget)
    }
}

/// Whether a method is made for a device.
pub(super) fn of_device(method: PlanMethod, device: Device) -> bool {
    match method {
        PlanMethod::Bsa | PlanMethod::BsaLobar1 | PlanMethod::BsaLobar2 | PlanMethod::Empiric => {
            device == Device::Resin
        }
        PlanMethod::Holmium => device == Device::Holmium,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_name_that_is_shown() {
        for method in PlanMethod::ALL {
            let written = serde_json::to_value(method).unwrap();
            assert_eq!(written, method.name());
        }
    }
}
