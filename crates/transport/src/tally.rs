//! Energy in voxels, with the statistics of independent groups of histories.
//!
//! A group is what one stream of random numbers makes: its energies are summed
//! by voxel first, then their sums and squares are added. So the variance is
//! that of independent groups, however the histories in one are related.
//! All sums are whole numbers (1/64 eV, and 2¹⁶ eV² for squares): they are the
//! same in any order, with any number of threads.

use crate::TransportError;

/// Units of energy in a MeV: 1/64 eV.
const UNITS_PER_MEV: f64 = 64e6;
/// Units of squared energy in MeV²: (256 eV)².
const SQUARES_PER_MEV2: f64 = 1e12 / 65_536.0;

/// Energy in whole units.
#[inline(always)]
fn units(energy_mev: f64) -> u64 {
    (energy_mev * UNITS_PER_MEV + 0.5) as u64
}

/// What a run has tallied so far; a run goes on from it to the same bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Sum and sum of squares for each voxel, side by side.
    pub(crate) voxels: Vec<[u64; 2]>,
    pub(crate) groups: u64,
    pub(crate) histories: u64,
    emitted: u64,
    escaped: u64,
}

impl Tally {
    pub(crate) fn new(voxels: usize) -> Self {
        Self {
            voxels: vec![[0, 0]; voxels],
            groups: 0,
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

    /// Number of independent groups of histories.
    #[must_use]
    pub const fn groups(&self) -> u64 {
        self.groups
    }

    /// Energy emitted, deposited and escaped, MeV.
    #[must_use]
    pub fn energy_balance_mev(&self) -> [f64; 3] {
        let deposited: u64 = self.voxels.iter().map(|[sum, _]| *sum).sum();
        [self.emitted, deposited, self.escaped].map(|value| value as f64 / UNITS_PER_MEV)
    }

    /// Mean energy per history in a voxel and its standard deviation, MeV.
    #[must_use]
    pub fn energy_per_history_mev(&self, voxel: usize) -> (f64, f64) {
        let [sum, square] = self.voxels[voxel];
        let n = self.groups.max(1) as f64;
        let mean = sum as f64 / UNITS_PER_MEV / n;
        let mean_square = square as f64 / SQUARES_PER_MEV2 / n;
        let variance = (mean_square - mean * mean).max(0.0) / (n - 1.0).max(1.0);
        let per_group = self.histories.max(1) as f64 / n;
        (mean / per_group, variance.sqrt() / per_group)
    }

    /// Adds another tally of the same world.
    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.voxels.iter_mut().zip(&other.voxels) {
            mine[0] += theirs[0];
            mine[1] += theirs[1];
        }
        self.groups += other.groups;
        self.histories += other.histories;
        self.emitted += other.emitted;
        self.escaped += other.escaped;
    }

    pub(crate) fn clear(&mut self) {
        self.voxels.fill([0, 0]);
        self.groups = 0;
        self.histories = 0;
        self.emitted = 0;
        self.escaped = 0;
    }

    /// The tally as bytes, to go on from later.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32 + 16 * self.voxels.len());
        for value in [self.groups, self.histories, self.emitted, self.escaped] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        for [sum, square] in &self.voxels {
            bytes.extend_from_slice(&sum.to_le_bytes());
            bytes.extend_from_slice(&square.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`Tally::to_bytes`] wrote, for a world of `voxels` voxels.
    ///
    /// # Errors
    /// [`TransportError::ForeignState`] for bytes of another length.
    pub fn from_bytes(bytes: &[u8], voxels: usize) -> Result<Self, TransportError> {
        if bytes.len() != 32 + 16 * voxels {
            return Err(TransportError::ForeignState {
                reason: format!(
                    "{} bytes where {} voxels need {}",
                    bytes.len(),
                    voxels,
                    32 + 16 * voxels
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
        let (groups, histories, emitted, escaped) = (next(), next(), next(), next());
        let voxels = (0..voxels).map(|_| [next(), next()]).collect();
        Ok(Self {
            voxels,
            groups,
            histories,
            emitted,
            escaped,
        })
    }
}

/// No voxel.
const EMPTY: u32 = u32::MAX;

/// Energies of the group in the making, by voxel: a small open hash table.
#[derive(Debug)]
pub(crate) struct GroupTally {
    keys: Vec<u32>,
    energies: Vec<f32>,
    used: Vec<u32>,
    shift: u32,
    emitted_mev: f64,
    escaped_mev: f64,
}

impl GroupTally {
    pub(crate) fn new() -> Self {
        Self::with_bits(11)
    }

    fn with_bits(bits: u32) -> Self {
        Self {
            keys: vec![EMPTY; 1 << bits],
            energies: vec![0.0; 1 << bits],
            used: Vec::with_capacity(1 << (bits - 1)),
            shift: 32 - bits,
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

    /// Energy left in a voxel.
    #[inline(always)]
    pub(crate) fn deposit(&mut self, voxel: u32, energy_mev: f32) {
        let mask = self.keys.len() - 1;
        let mut slot = (voxel.wrapping_mul(0x9e37_79b1) >> self.shift) as usize & mask;
        loop {
            let key = self.keys[slot];
            if key == voxel {
                self.energies[slot] += energy_mev;
                return;
            }
            if key == EMPTY {
                break;
            }
            slot = (slot + 1) & mask;
        }
        self.keys[slot] = voxel;
        self.energies[slot] = energy_mev;
        self.used.push(slot as u32);
        if self.used.len() * 2 > self.keys.len() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let bits = 33 - self.shift;
        let old = std::mem::replace(self, Self::with_bits(bits));
        self.emitted_mev = old.emitted_mev;
        self.escaped_mev = old.escaped_mev;
        for slot in old.used {
            self.deposit(old.keys[slot as usize], old.energies[slot as usize]);
        }
    }

    /// Ends the group: adds it to a tally.
    pub(crate) fn close(&mut self, histories: u64, tally: &mut Tally) {
        for slot in self.used.drain(..) {
            let slot = slot as usize;
            let voxel = std::mem::replace(&mut self.keys[slot], EMPTY);
            let energy = f64::from(self.energies[slot]);
            let cell = &mut tally.voxels[voxel as usize];
            cell[0] += units(energy);
            cell[1] += (energy * energy * SQUARES_PER_MEV2 + 0.5) as u64;
        }
        tally.groups += 1;
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
    fn groups_give_mean_and_deviation() {
        let mut tally = Tally::new(4);
        let mut group = GroupTally::new();
        for value in [1.0_f32, 3.0] {
            group.deposit(2, value * 0.5);
            group.deposit(2, value * 0.5);
            group.close(1, &mut tally);
        }
        // Mean 2, variance of the two 2, of their mean 1.
        let (mean, sigma) = tally.energy_per_history_mev(2);
        assert!((mean - 2.0).abs() < 1e-6 && (sigma - 1.0).abs() < 1e-4, "{mean} {sigma}");
        let bytes = tally.to_bytes();
        assert_eq!(Tally::from_bytes(&bytes, 4), Ok(tally));
        assert!(Tally::from_bytes(&bytes, 5).is_err());
    }

    #[test]
    fn many_voxels_in_a_group_are_kept() {
        let mut tally = Tally::new(10_000);
        let mut group = GroupTally::new();
        for round in 0..3 {
            for voxel in 0..10_000 {
                group.deposit(voxel, 0.001 * (round + 1) as f32);
            }
        }
        group.close(1, &mut tally);
        for voxel in 0..10_000 {
            let (mean, _) = tally.energy_per_history_mev(voxel);
            assert!((mean - 0.006).abs() < 1e-7);
        }
    }
}
