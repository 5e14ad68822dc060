//! Physical constants. Source: CODATA 2018 (tiesinga2021).

/// Rest energy of the electron, MeV.
pub(crate) const ELECTRON_MASS_MEV: f64 = 0.510_998_95;
/// Fine-structure constant.
pub(crate) const FINE_STRUCTURE: f64 = 7.297_352_569_3e-3;
/// Classical electron radius, cm.
pub(crate) const ELECTRON_RADIUS_CM: f64 = 2.817_940_326_2e-13;
/// Avogadro constant, 1/mol.
pub(crate) const AVOGADRO: f64 = 6.022_140_76e23;
/// `2π r_e² mc² N_A`, MeV cm²/mol: the scale of collision losses.
pub(crate) const COLLISION_SCALE: f64 = 2.0
    * std::f64::consts::PI
    * ELECTRON_RADIUS_CM
    * ELECTRON_RADIUS_CM
    * ELECTRON_MASS_MEV
    * AVOGADRO;
/// `hc` in MeV ångström: momentum transfer of photons per energy.
pub(crate) const HC_MEV_ANGSTROM: f64 = 1.239_841_984e-2;

/// `β²` of an electron of kinetic energy `energy_mev`.
pub(crate) fn beta_squared(energy_mev: f64) -> f64 {
    let tau = energy_mev / ELECTRON_MASS_MEV;
    tau * (tau + 2.0) / ((tau + 1.0) * (tau + 1.0))
}
