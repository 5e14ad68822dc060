//! Elements: shells, radiative losses, photon cross sections, form factors.
//!
//! The tables are those of `data/`, made by `scripts/transport_data.py`, which
//! names their sources: estar, xcom, hubbell1975.

use std::collections::BTreeMap;

use crate::TransportError;

/// What the tables tell of an element.
#[derive(Debug, Clone, Default)]
pub(crate) struct Element {
    /// Atomic number.
    pub z: u32,
    /// Relative atomic mass.
    pub atomic_weight: f64,
    /// Number of electrons and binding energy (eV) of each shell.
    pub shells: Vec<(f64, f64)>,
    /// Radiative mass stopping power, MeV cm²/g, at the energies of the library.
    pub radiative: Vec<f64>,
    /// Photon cross sections by ascending energy.
    pub photon: Vec<PhotonPoint>,
    /// Momentum transfer (1/Å), form factor and scattering function.
    pub form: Vec<[f64; 3]>,
}

/// Photon cross sections at an energy, barn per atom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhotonPoint {
    /// Photon energy, MeV.
    pub energy_mev: f64,
    /// Coherent, incoherent, photoelectric, pair production.
    pub barn: [f64; 4],
}

/// All elements that the tables know.
#[derive(Debug, Clone)]
pub(crate) struct ElementLibrary {
    elements: BTreeMap<u32, Element>,
    /// Energies of the radiative stopping powers, MeV.
    pub radiative_energies: Vec<f64>,
}

/// Rows of numbers below the `#` lines and the line of column names.
pub(crate) fn rows(table: &'static str, text: &str) -> Result<Vec<Vec<f64>>, TransportError> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .skip(1)
        .map(|line| {
            line.split(',')
                .map(|field| {
                    field.parse().map_err(|_| TransportError::DataTable {
                        table,
                        reason: format!("`{field}` is no number"),
                    })
                })
                .collect()
        })
        .collect()
}

impl ElementLibrary {
    /// Reads the tables that are compiled in.
    pub(crate) fn built_in() -> Result<Self, TransportError> {
        let mut elements: BTreeMap<u32, Element> = BTreeMap::new();
        let mut known = Vec::new();
        for row in rows("shells.csv", include_str!("../data/shells.csv"))? {
            let [z, weight, electrons, binding] = fixed("shells.csv", &row)?;
            let element = elements.entry(z as u32).or_default();
            element.z = z as u32;
            element.atomic_weight = weight;
            element.shells.push((electrons, binding));
            if known.last() != Some(&(z as u32)) {
                known.push(z as u32);
            }
        }
        let mut radiative_energies = Vec::new();
        for row in rows(
            "radiative_stopping.csv",
            include_str!("../data/radiative_stopping.csv"),
        )? {
            if row.len() != known.len() + 1 {
                return Err(TransportError::DataTable {
                    table: "radiative_stopping.csv",
                    reason: format!("a row has {} fields", row.len()),
                });
            }
            radiative_energies.push(row[0]);
            for (z, value) in known.iter().zip(&row[1..]) {
                elements.entry(*z).or_default().radiative.push(*value);
            }
        }
        for row in rows(
            "photon_cross_sections.csv",
            include_str!("../data/photon_cross_sections.csv"),
        )? {
            let [z, energy_mev, coherent, incoherent, photoelectric, pair] =
                fixed("photon_cross_sections.csv", &row)?;
            elements
                .entry(z as u32)
                .or_default()
                .photon
                .push(PhotonPoint {
                    energy_mev,
                    barn: [coherent, incoherent, photoelectric, pair],
                });
        }
        for row in rows("form_factors.csv", include_str!("../data/form_factors.csv"))? {
            let [z, x, form, scattering] = fixed("form_factors.csv", &row)?;
            elements
                .entry(z as u32)
                .or_default()
                .form
                .push([x, form, scattering]);
        }
        Ok(Self {
            elements,
            radiative_energies,
        })
    }

    /// The element of an atomic number.
    pub(crate) fn get(&self, z: u32) -> Result<&Element, TransportError> {
        self.elements
            .get(&z)
            .ok_or_else(|| TransportError::Unknown {
                what: "element",
                name: z.to_string(),
                known: self
                    .elements
                    .keys()
                    .map(u32::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

fn fixed<const N: usize>(table: &'static str, row: &[f64]) -> Result<[f64; N], TransportError> {
    row.try_into().map_err(|_| TransportError::DataTable {
        table,
        reason: format!("a row has {} fields where {N} are due", row.len()),
    })
}

/// Value at `x` of a table that ascends in `x`, linear between points and
/// constant outside.
pub(crate) fn linear(points: &[(f64, f64)], x: f64) -> f64 {
    let above = points.partition_point(|point| point.0 <= x);
    match (above.checked_sub(1).map(|i| points[i]), points.get(above)) {
        (Some((x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => 0.0,
    }
}

impl Element {
    /// A photon cross section (0 coherent, 1 incoherent, 2 photoelectric, 3
    /// pair), barn per atom, log-log between points; above an edge at an edge.
    pub(crate) fn photon_barn(&self, process: usize, energy_mev: f64) -> f64 {
        let above = self
            .photon
            .partition_point(|point| point.energy_mev <= energy_mev)
            .clamp(1, self.photon.len() - 1);
        let (a, b) = (&self.photon[above - 1], &self.photon[above]);
        let (ya, yb) = (a.barn[process], b.barn[process]);
        if ya <= 0.0 || yb <= 0.0 {
            let t = (energy_mev - a.energy_mev) / (b.energy_mev - a.energy_mev);
            return (ya + (yb - ya) * t).max(0.0);
        }
        let t = libm::log(energy_mev / a.energy_mev) / libm::log(b.energy_mev / a.energy_mev);
        ya * libm::exp(libm::log(yb / ya) * t)
    }
}
