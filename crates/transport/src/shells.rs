//! Energy in spherical shells around a point source, in one material.
//!
//! Each straight piece of a track leaves its energy at one random point of it:
//! an unbiased estimate in shells of any width.

use crate::electron::{ElectronTables, Flight, follow};
use crate::electron_table::{ElectronTable, StepSettings};
use crate::{Charge, Material, MaterialLibrary, Stream, TransportError};

/// What one charged particle leaves in shells, as a mean over many.
#[derive(Debug, Clone)]
pub struct ShellEnergy {
    /// Mean energy in each shell, MeV; the last entry lies beyond all shells.
    pub mean_mev: Vec<f64>,
    /// Standard deviation of the mean.
    pub sigma_mev: Vec<f64>,
    /// Mean energy in photons above the cut, MeV; they are not followed.
    pub photon_mev: f64,
}

struct ShellFlight<'a> {
    position: [f64; 3],
    stack: Vec<[f64; 3]>,
    /// Squared outer radii, (g/cm²)².
    outer2: &'a [f64],
    history: Vec<f64>,
    touched: Vec<usize>,
    photon_mev: f64,
    short: f64,
    points: Stream,
}

impl ShellFlight<'_> {
    fn score(&mut self, at: [f64; 3], energy_mev: f64) {
        let r2 = at[0] * at[0] + at[1] * at[1] + at[2] * at[2];
        let shell = self.outer2.partition_point(|outer| *outer <= r2);
        if self.history[shell] == 0.0 {
            self.touched.push(shell);
        }
        self.history[shell] += energy_mev;
    }
}

impl Flight for ShellFlight<'_> {
    fn material(&self) -> usize {
        0
    }
    fn short(&self) -> f64 {
        self.short
    }
    fn fly(&mut self, u: [f64; 3], length: f64, loss_mev: f64, _energy_mev: f64) -> bool {
        let part = length * self.points.uniform();
        let start = self.position;
        self.score(std::array::from_fn(|i| start[i] + u[i] * part), loss_mev);
        self.position = std::array::from_fn(|i| start[i] + u[i] * length);
        true
    }
    fn deposit(&mut self, energy_mev: f64) {
        self.score(self.position, energy_mev);
    }
    fn escape(&mut self, _energy_mev: f64) {}
    fn photon(&mut self, energy_mev: f64, _direction: [f64; 3]) {
        self.photon_mev += energy_mev;
    }
    fn branch(&mut self) {
        self.stack.push(self.position);
    }
    fn rejoin(&mut self) {
        if let Some(position) = self.stack.pop() {
            self.position = position;
        }
    }
}

/// Energy in shells around a point source of electrons.
///
/// `outer_mm` are the outer radii, ascending; `energy` samples the start
/// energy in MeV. Tracks are followed to 1/20 of the thinnest shell.
///
/// # Errors
/// [`TransportError::Unknown`] for an element without tables.
pub fn shell_energy(
    material: &Material,
    library: &MaterialLibrary,
    settings: StepSettings,
    outer_mm: &[f64],
    histories: u64,
    seed: u64,
    energy: impl Fn(&mut Stream) -> f64,
) -> Result<ShellEnergy, TransportError> {
    let tables = ElectronTables {
        electrons: vec![ElectronTable::new(
            material,
            library,
            Charge::Negative,
            settings,
        )?],
        positrons: Vec::new(),
    };
    let to_mass = 0.1 * material.density().as_g_per_ml();
    let outer2: Vec<f64> = outer_mm.iter().map(|r| (r * to_mass).powi(2)).collect();
    let thinnest = outer_mm
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(outer_mm.first().copied().unwrap_or(1.0), f64::min);
    let mut flight = ShellFlight {
        position: [0.0; 3],
        stack: Vec::new(),
        outer2: &outer2,
        history: vec![0.0; outer_mm.len() + 1],
        touched: Vec::new(),
        photon_mev: 0.0,
        short: 0.05 * thinnest * to_mass,
        points: Stream::new(seed, u64::MAX),
    };
    let mut sum = vec![0.0; outer_mm.len() + 1];
    let mut square = vec![0.0; outer_mm.len() + 1];
    for history in 0..histories {
        let mut stream = Stream::new(seed, history);
        flight.position = [0.0; 3];
        let start = energy(&mut stream);
        let direction = stream.direction();
        follow(
            &tables,
            Charge::Negative,
            start,
            direction,
            &mut flight,
            &mut stream,
        );
        while let Some(shell) = flight.touched.pop() {
            let value = std::mem::take(&mut flight.history[shell]);
            sum[shell] += value;
            square[shell] += value * value;
        }
    }
    let n = histories.max(1) as f64;
    let sigma_mev = sum
        .iter()
        .zip(&square)
        .map(|(s, q)| ((q / n - (s / n) * (s / n)).max(0.0) / n).sqrt())
        .collect();
    Ok(ShellEnergy {
        mean_mev: sum.iter().map(|s| s / n).collect(),
        sigma_mev,
        photon_mev: flight.photon_mev / n,
    })
}
