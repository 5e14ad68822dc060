//! What a decay emits: betas from a spectrum, electron and photon lines.
//!
//! Spectra and lines are the tables of `data/`: Y-90, Ho-166 and Lu-177 by
//! Fermi theory, lines of ICRP 107 (key icrp107).

use crate::TransportError;
use crate::element::rows;
use crate::random::Stream;

/// Energies with probabilities, sampled by the inverse of their sum.
#[derive(Debug, Clone, Default)]
struct Lines {
    energy_mev: Vec<f64>,
    cumulative: Vec<f64>,
}

impl Lines {
    fn push(&mut self, energy_mev: f64, per_decay: f64) {
        let before = self.cumulative.last().copied().unwrap_or(0.0);
        self.energy_mev.push(energy_mev);
        self.cumulative.push(before + per_decay);
    }

    fn per_decay(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or(0.0)
    }

    fn mean_energy(&self) -> f64 {
        let mut before = 0.0;
        self.energy_mev
            .iter()
            .zip(&self.cumulative)
            .map(|(energy, c)| {
                let share = c - before;
                before = *c;
                share * energy
            })
            .sum()
    }

    /// Calls `emit` for each line of a decay: the whole part of the mean
    /// number, and one more with the rest as probability.
    fn sample(&self, stream: &mut Stream, mut emit: impl FnMut(f64)) {
        let mean = self.per_decay();
        if mean <= 0.0 {
            return;
        }
        let count = (mean + stream.uniform()) as u32;
        for _ in 0..count {
            let wanted = stream.uniform() * mean;
            let at = self.cumulative.partition_point(|c| *c <= wanted);
            emit(self.energy_mev[at.min(self.energy_mev.len() - 1)]);
        }
    }
}

/// Emission of a nuclide, or of a source of one energy.
#[derive(Debug, Clone)]
pub struct Emission {
    name: String,
    /// Points of the spectrum: energy, density, cumulative.
    spectrum: Vec<(f64, f64, f64)>,
    /// Betas per decay.
    betas: f64,
    mean_beta_mev: f64,
    electrons: Lines,
    photons: Lines,
    positrons: Lines,
}

impl Emission {
    /// Emission of a nuclide: `Y-90`, `Ho-166` or `Lu-177`.
    ///
    /// # Errors
    /// [`TransportError::Unknown`] for another nuclide.
    pub fn of_nuclide(symbol: &str) -> Result<Self, TransportError> {
        let text = match symbol {
            "Y-90" => include_str!("../data/spectrum_y90.csv"),
            "Ho-166" => include_str!("../data/spectrum_ho166.csv"),
            "Lu-177" => include_str!("../data/spectrum_lu177.csv"),
            _ => {
                return Err(TransportError::Unknown {
                    what: "nuclide with a spectrum",
                    name: symbol.to_owned(),
                    known: "Y-90, Ho-166, Lu-177".to_owned(),
                });
            }
        };
        let mut emission = Self::from_spectrum(symbol, text)?;
        for line in include_str!("../data/emission_lines.csv").lines() {
            let fields: Vec<&str> = line.split(',').collect();
            let [nuclide, particle, energy, per_decay] = fields[..] else {
                continue;
            };
            if nuclide != symbol {
                continue;
            }
            let number = |text: &str| {
                text.parse::<f64>().map_err(|_| TransportError::DataTable {
                    table: "emission_lines.csv",
                    reason: format!("`{text}` is no number"),
                })
            };
            let (energy, per_decay) = (number(energy)?, number(per_decay)?);
            match particle {
                "photon" => emission.photons.push(energy, per_decay),
                _ => emission.electrons.push(energy, per_decay),
            }
        }
        Ok(emission)
    }

    fn from_spectrum(name: &str, text: &str) -> Result<Self, TransportError> {
        let mut spectrum: Vec<(f64, f64, f64)> = Vec::new();
        let mut first_moment = 0.0;
        for row in rows("beta spectrum", text)? {
            let &[energy, density] = row.as_slice() else {
                return Err(TransportError::DataTable {
                    table: "beta spectrum",
                    reason: format!("a row has {} fields where 2 are due", row.len()),
                });
            };
            let cumulative = match spectrum.last() {
                None => 0.0,
                Some((e, d, c)) => {
                    let width = energy - e;
                    // Exact for a straight line.
                    first_moment +=
                        width / 6.0 * (d * (2.0 * e + energy) + density * (e + 2.0 * energy));
                    c + width * 0.5 * (d + density)
                }
            };
            spectrum.push((energy, density, cumulative));
        }
        let area = spectrum.last().map_or(0.0, |point| point.2);
        // One beta for each decay: what is missing are rare branches and the
        // straight lines between points.
        if area.is_nan() || (area - 1.0).abs() >= 1e-3 {
            return Err(TransportError::DataTable {
                table: "beta spectrum",
                reason: format!("it has an area of {area}, not of 1"),
            });
        }
        for point in &mut spectrum {
            point.1 /= area;
            point.2 /= area;
        }
        Ok(Self {
            name: name.to_owned(),
            spectrum,
            betas: 1.0,
            mean_beta_mev: first_moment / area,
            electrons: Lines::default(),
            photons: Lines::default(),
            positrons: Lines::default(),
        })
    }

    fn lines(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            spectrum: Vec::new(),
            betas: 0.0,
            mean_beta_mev: 0.0,
            electrons: Lines::default(),
            photons: Lines::default(),
            positrons: Lines::default(),
        }
    }

    /// One electron of one energy (MeV) per decay.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] outside 0.01..=3.9 MeV.
    pub fn electron(energy_mev: f64) -> Result<Self, TransportError> {
        check_energy(energy_mev)?;
        let mut emission = Self::lines("electron");
        emission.electrons.push(energy_mev, 1.0);
        Ok(emission)
    }

    /// One photon of one energy (MeV) per decay.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] outside 0.01..=3.9 MeV.
    pub fn photon(energy_mev: f64) -> Result<Self, TransportError> {
        check_energy(energy_mev)?;
        let mut emission = Self::lines("photon");
        emission.photons.push(energy_mev, 1.0);
        Ok(emission)
    }

    /// One positron of one energy (MeV) per decay.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] outside 0.01..=3.9 MeV.
    pub fn positron(energy_mev: f64) -> Result<Self, TransportError> {
        check_energy(energy_mev)?;
        let mut emission = Self::lines("positron");
        emission.positrons.push(energy_mev, 1.0);
        Ok(emission)
    }

    /// Name of the nuclide or particle.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Mean energy of electrons, positrons and photons per decay, MeV (without
    /// the rest energy of positrons).
    #[must_use]
    pub fn mean_energy_mev(&self) -> f64 {
        self.betas * self.mean_beta_mev
            + self.electrons.mean_energy()
            + self.positrons.mean_energy()
            + self.photons.mean_energy()
    }

    /// Mean energy of betas and other electrons per decay, MeV.
    #[must_use]
    pub fn mean_electron_energy_mev(&self) -> f64 {
        self.betas * self.mean_beta_mev + self.electrons.mean_energy()
    }

    /// Mean energy of a beta, MeV.
    #[must_use]
    pub const fn mean_beta_mev(&self) -> f64 {
        self.mean_beta_mev
    }

    /// Whether it emits anything but electrons.
    pub(crate) fn has_others(&self) -> bool {
        self.positrons.per_decay() > 0.0 || self.photons.per_decay() > 0.0
    }

    /// Whether it makes positrons or photons that can.
    pub(crate) fn needs_positrons(&self) -> bool {
        self.positrons.per_decay() > 0.0
            || self
                .photons
                .energy_mev
                .iter()
                .chain(&self.electrons.energy_mev)
                .any(|energy| *energy > 1.02)
            || self.spectrum.last().is_some_and(|point| point.0 > 1.02)
    }

    /// Calls `electron` for each electron of a decay; the energy of the first
    /// beta is that at `share` of the spectrum, 0..1.
    pub(crate) fn sample_electrons(
        &self,
        share: f64,
        stream: &mut Stream,
        mut electron: impl FnMut(f64),
    ) {
        if self.betas > 0.0 {
            let count = (self.betas + stream.uniform()) as u32;
            for at in 0..count {
                electron(if at == 0 {
                    self.beta_at(share)
                } else {
                    self.sample_beta(stream)
                });
            }
        }
        self.electrons.sample(stream, electron);
    }

    /// Calls `positron` for each positron of a decay.
    pub(crate) fn sample_positrons(&self, stream: &mut Stream, positron: impl FnMut(f64)) {
        self.positrons.sample(stream, positron);
    }

    /// Calls `photon` for each photon line of a decay.
    pub(crate) fn sample_photons(&self, stream: &mut Stream, photon: impl FnMut(f64)) {
        self.photons.sample(stream, photon);
    }

    /// Energy of a beta, MeV.
    pub fn sample_beta(&self, stream: &mut Stream) -> f64 {
        self.beta_at(stream.uniform())
    }

    /// Energy below which a share of the betas lies, MeV: the inverse of a
    /// piecewise linear density.
    fn beta_at(&self, share: f64) -> f64 {
        let wanted = share * self.betas;
        let above = self
            .spectrum
            .partition_point(|point| point.2 <= wanted)
            .clamp(1, self.spectrum.len().max(2) - 1);
        let ((e0, d0, c0), (e1, d1, _)) = (self.spectrum[above - 1], self.spectrum[above]);
        let (rest, slope) = (wanted - c0, (d1 - d0) / (e1 - e0));
        // d0 t + slope t²/2 = rest, in the form without cancellation.
        let root = (d0 * d0 + 2.0 * slope * rest).max(0.0).sqrt();
        (e0 + 2.0 * rest / (d0 + root).max(1e-300)).min(e1)
    }
}

fn check_energy(energy_mev: f64) -> Result<(), TransportError> {
    if (0.01..=3.9).contains(&energy_mev) {
        return Ok(());
    }
    Err(TransportError::OutOfRange {
        what: "energy",
        value: format!("{energy_mev} MeV"),
        allowed: "0.01..=3.9 MeV",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_tables() {
        // Head of spectrum_y90.csv: 0.93379 MeV. The others against ICRP 107
        // (shares times means of the branches, see scripts/transport_data.py),
        // 0.3 % for shapes that are not ours.
        let y90 = Emission::of_nuclide("Y-90").unwrap();
        assert!(
            (y90.mean_beta_mev() - 0.93379).abs() < 2e-5,
            "{}",
            y90.mean_beta_mev()
        );
        for (symbol, mean) in [("Ho-166", 0.6652), ("Lu-177", 0.1333)] {
            let ours = Emission::of_nuclide(symbol).unwrap().mean_beta_mev();
            assert!((ours / mean - 1.0).abs() < 3e-3, "{symbol}: {ours}");
        }
    }

    #[test]
    fn sampled_betas_have_the_mean_of_the_table() {
        let y90 = Emission::of_nuclide("Y-90").unwrap();
        let mut stream = Stream::new(9, 9);
        let n = 200_000;
        let mean = (0..n).map(|_| y90.sample_beta(&mut stream)).sum::<f64>() / f64::from(n);
        // Spread of 0.53 MeV, 4 sigma.
        assert!(
            (mean - y90.mean_beta_mev()).abs() < 4.0 * 0.53 / f64::from(n).sqrt(),
            "{mean}"
        );
    }

    #[test]
    fn other_nuclides_are_refused() {
        assert!(Emission::of_nuclide("P-32").is_err());
        assert!(Emission::electron(5.0).is_err());
    }
}
