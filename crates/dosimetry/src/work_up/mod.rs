//! What Tc-99m MAA images say before a treatment.

mod extrahepatic;
mod lung_mass;
mod lung_shunt;
mod regional_counts;

pub use extrahepatic::{
    ExtrahepaticFocus, ExtrahepaticSearch, NamedOrgan, OrganUptake, extrahepatic_foci, organ_uptake,
};
pub use lung_mass::{LungMass, lung_mass_from_ct};
pub use lung_shunt::{
    PlanarRegion, ShuntEstimate, ShuntMethod, TomographicShunt, planar_lung_shunt,
};
pub use regional_counts::{PointSpread, RegionalCounts, RegionalTransfer};
