//! Energy in voxels, with the statistics of independent batches of histories.
//!
//! A batch is what one stream of random numbers makes: its energies are summed
//! by voxel first, then their sums and squares are added. So the variance is
//! that of independent batches, however the histories in one are related.
//! All sums are whole numbers (1/64 eV, and 2¹⁶ eV² for squares): they are the
//! same in any order, with any number of threads.

use crate::TransportError;

/// Units of energy in a MeV: 1/64 eV.
const UNITS_PER_MEV: f64 = 64e6;
/// Units of squared energy in MeV²: (16 keV)². Batches below 11 keV in a voxel
/// add nothing to its variance, which others make.
const SQUARES_PER_MEV2: f64 = 3906.25;

/// Energy in whole units.
#[inline(always)]
fn units(energy_mev: f64) -> u64 {
    (energy_mev * UNITS_PER_MEV + 0.5) as u64
}

/// What a run has tallied so far; a run goes on from it to the same bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Sum and sum of squares for each cell, side by side.
    pub(crate) cells: Vec<[u64; 2]>,
    pub(crate) batches: u64,
    pub(crate) histories: u64,
    emitted: u64,
    escaped: u64,
    /// Sum and sum of squares for each region.
    regions: Vec<[u128; 2]>,
}

impl Tally {
    pub(crate) fn new(cells: usize, regions: usize) -> Self {
        Self {
            regions: vec![[0, 0]; regions],
            cells: vec![[0, 0]; cells],
            batches: 0,
            histories: 0,
            emitted: 0,
            escaped: 0,
        }
    }

    /// Number of histories (decays).
    #[must_use]
    pub const fn histories(&self) -> u64 {
        self.histories
    }

    /// Number of independent batches of histories.
    #[must_use]
    pub const fn batches(&self) -> u64 {
        self.batches
    }

    /// Energy emitted, deposited and escaped, MeV.
    #[must_use]
    pub fn energy_balance_mev(&self) -> [f64; 3] {
        let deposited: u64 = self.cells.iter().map(|[sum, _]| *sum).sum();
        [self.emitted, deposited, self.escaped].map(|value| value as f64 / UNITS_PER_MEV)
    }

    /// Mean energy per history in a cell and its standard deviation, MeV.
    pub(crate) fn energy_per_history_mev(&self, cell: u32) -> (f64, f64) {
        let [sum, square] = self.cells[cell as usize];
        self.mean_and_sigma(sum as f64, square as f64)
    }

    /// Number of regions.
    pub(crate) const fn regions(&self) -> usize {
        self.regions.len()
    }

    /// Mean energy per history in a region and its standard deviation, MeV.
    pub(crate) fn region_energy_mev(&self, region: usize) -> Option<(f64, f64)> {
        let [sum, square] = *self.regions.get(region)?;
        Some(self.mean_and_sigma(sum as f64, square as f64))
    }

    /// Per history, from a sum and a sum of squares over batches.
    fn mean_and_sigma(&self, sum: f64, square: f64) -> (f64, f64) {
        let n = self.batches.max(1) as f64;
        let mean = sum / UNITS_PER_MEV / n;
        let mean_square = square / SQUARES_PER_MEV2 / n;
        let variance = (mean_square - mean * mean).max(0.0) / (n - 1.0).max(1.0);
        let per_batch = self.histories.max(1) as f64 / n;
        (mean / per_batch, variance.sqrt() / per_batch)
    }

    /// The tally as bytes, to go on from later.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32 + 16 * self.cells.len() + 32 * self.regions.len());
        for value in [self.batches, self.histories, self.emitted, self.escaped] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        for [sum, square] in &self.cells {
            bytes.extend_from_slice(&sum.to_le_bytes());
            bytes.extend_from_slice(&square.to_le_bytes());
        }
        for [sum, square] in &self.regions {
            bytes.extend_from_slice(&sum.to_le_bytes());
            bytes.extend_from_slice(&square.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`Tally::to_bytes`] wrote, for a world of `cells` cells and a
    /// number of regions.
    ///
    /// # Errors
    /// [`TransportError::ForeignState`] for bytes of another length.
    pub(crate) fn from_bytes(
        bytes: &[u8],
        cells: usize,
        regions: usize,
    ) -> Result<Self, TransportError> {
        let due = 32 + 16 * cells + 32 * regions;
        if bytes.len() != due {
            return Err(TransportError::ForeignState {
                reason: format!(
                    "{} bytes where {cells} cells and {regions} regions need {due}",
                    bytes.len()
                ),
            });
        }
        let mut numbers = bytes.chunks_exact(8).map(|chunk| {
            chunk
                .iter()
                .rev()
                .fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
        });
        let mut next = || numbers.next().unwrap_or(0);
        let (batches, histories, emitted, escaped) = (next(), next(), next(), next());
        let cells = (0..cells).map(|_| [next(), next()]).collect();
        let mut long = || u128::from(next()) | u128::from(next()) << 64;
        let regions = (0..regions).map(|_| [long(), long()]).collect();
        Ok(Self {
            cells,
            batches,
            histories,
            emitted,
            escaped,
            regions,
        })
    }
}

/// Voxels of a block whose touching is noted together.
const BLOCK: usize = 64;

/// What a flight through a cell reads and writes, side by side in memory.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// See `replay`: cm for each g/cm² of a track.
    stretch: f32,
    /// Energy of the batch so far, MeV: in double precision, since many small
    /// parts of one size are added to a large sum.
    energy: f64,
}

/// Energies of the batch in the making, by cell.
#[derive(Debug)]
pub(crate) struct BatchTally {
    cells: Vec<Cell>,
    /// Whether a block holds energy.
    touched: Vec<u8>,
    emitted_mev: f64,
    escaped_mev: f64,
}

impl BatchTally {
    /// No energy yet in cells of given stretch.
    pub(crate) fn new(stretch: &[f32]) -> Self {
        Self {
            cells: stretch
                .iter()
                .map(|stretch| Cell {
                    stretch: *stretch,
                    energy: 0.0,
                })
                .collect(),
            touched: vec![0; stretch.len().div_ceil(BLOCK)],
            emitted_mev: 0.0,
            escaped_mev: 0.0,
        }
    }

    /// Energy emitted by the source.
    pub(crate) fn emit(&mut self, energy_mev: f64) {
        self.emitted_mev += energy_mev;
    }

    /// Energy that left the world.
    pub(crate) fn escape(&mut self, energy_mev: f64) {
        self.escaped_mev += energy_mev;
    }

    /// Stretch of a cell.
    #[inline(always)]
    pub(crate) fn stretch(&self, cell: u32) -> f32 {
        self.cells[cell as usize].stretch
    }

    /// Energy left in a cell.
    #[inline(always)]
    pub(crate) fn deposit(&mut self, cell: u32, energy_mev: f32) {
        self.cells[cell as usize].energy += f64::from(energy_mev);
        self.touched[cell as usize / BLOCK] = 1;
    }

    /// Ends the batch: adds it to a tally.
    pub(crate) fn close(&mut self, histories: u64, regions: &[Vec<(u32, f32)>], tally: &mut Tally) {
        for (cells, sums) in regions.iter().zip(&mut tally.regions) {
            let value: f64 = cells
                .iter()
                .map(|(cell, weight)| f64::from(*weight) * self.cells[*cell as usize].energy)
                .sum();
            sums[0] += u128::from(units(value));
            sums[1] += (value * value * SQUARES_PER_MEV2 + 0.5) as u128;
        }
        for (block, touched) in self.touched.iter_mut().enumerate() {
            if std::mem::take(touched) == 0 {
                continue;
            }
            let first = block * BLOCK;
            let end = (first + BLOCK).min(self.cells.len());
            for (ours, sums) in self.cells[first..end]
                .iter_mut()
                .zip(&mut tally.cells[first..end])
            {
                let value = std::mem::take(&mut ours.energy);
                sums[0] += units(value);
                sums[1] += (value * value * SQUARES_PER_MEV2 + 0.5) as u64;
            }
        }
        tally.batches += 1;
        tally.histories += histories;
        tally.emitted += units(self.emitted_mev);
        tally.escaped += units(self.escaped_mev);
        self.emitted_mev = 0.0;
        self.escaped_mev = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_give_mean_and_deviation() {
        let mut tally = Tally::new(100, 0);
        let mut batch = BatchTally::new(&[1.0; 100]);
        for value in [1.0_f32, 3.0] {
            batch.deposit(70, value * 0.5);
            batch.deposit(70, value * 0.5);
            batch.close(1, &[], &mut tally);
        }
        // Mean 2, variance of the two 2, of their mean 1; squares are rounded
        // to (16 keV)².
        let (mean, sigma) = tally.energy_per_history_mev(70);
        assert!(
            (mean - 2.0).abs() < 1e-6 && (sigma - 1.0).abs() < 1e-3,
            "{mean} {sigma}"
        );
        let bytes = tally.to_bytes();
        assert_eq!(Tally::from_bytes(&bytes, 100, 0), Ok(tally));
        assert!(Tally::from_bytes(&bytes, 5, 0).is_err());
    }
}
