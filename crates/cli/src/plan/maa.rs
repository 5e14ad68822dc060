//! What MAA is labelled with.

use anyhow::Context as _;
use sirt_quantity::{Energy, Nuclide, NuclideLibrary};

/// Its nuclide, by symbol.
const SYMBOL: &str = "Tc-99m";

/// The nuclide of MAA.
fn nuclide() -> anyhow::Result<Nuclide> {
    Ok(NuclideLibrary::built_in()?.named(SYMBOL)?.clone())
}

/// Whether a header's nuclide, by name or by code, is the one of MAA.
pub(super) fn is_nuclide_of_maa(name: &str) -> anyhow::Result<bool> {
    Ok(NuclideLibrary::built_in()?
        .named(name)
        .is_ok_and(|known| known.symbol == SYMBOL))
}

/// Energy of the photon that it is imaged by.
pub(super) fn photon() -> anyhow::Result<Energy> {
    Ok(nuclide()?
        .imaging_photon
        .with_context(|| format!("nuclides.toml: {SYMBOL} has no imaging_photon_kev"))?
        .value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maa_is_of_technetium_in_any_spelling_and_imaged_at_its_line() {
        for (name, is) in [
            ("Tc-99m", true),
            ("^99m^Technetium", true),
            ("72454006", true),
            ("Y-90", false),
            ("P-32", false),
        ] {
            assert_eq!(is_nuclide_of_maa(name).unwrap(), is, "{name}");
        }
        // The line lies in every usual window: 140 keV and 10 % of it about.
        let kev = photon().unwrap().as_kev();
        assert!((kev / 140.0 - 1.0).abs() < 0.1, "{kev}");
    }
}
