//! What Tc-99m MAA images say before a treatment.

mod extrahepatic;
mod image_tolerance;
mod lung_mass;
mod lung_shunt;
mod organ_name;
mod planar_views;
mod regional_counts;
mod regions;

pub use extrahepatic::{
    ExtrahepaticFocus, ExtrahepaticSearch, NamedOrgan, OrganUptake, extrahepatic_foci, organ_uptake,
};
pub use image_tolerance::WorkUpImageTolerance;
pub use lung_mass::{LungMass, lung_mass_from_ct};
pub use lung_shunt::{ShuntEstimate, ShuntMethod, TomographicShunt};
pub use organ_name::ExtrahepaticOrgan;
pub use planar_views::{
    PlanarRegion, PlanarView, ViewCounts, lung_shunt_of_views, planar_grid, planar_lung_shunt,
    polygons_on_view,
};
pub use regional_counts::{PointSpread, RegionalCounts, RegionalTransfer};
pub use regions::{
    TerritoryRegions, centre_of_region, is_cut_by_image, joined_regions, shared_region,
    swapped_lobes_mm, uniform_liver_parts,
};
