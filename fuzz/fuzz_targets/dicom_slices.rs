//! Any bytes as several DICOM files, cut at a marker: sorting and stacking.
//!
//! Seeds: small slices of one series, joined by `|CUT|`.
#![no_main]

use libfuzzer_sys::fuzz_target;

const MARKER: &[u8] = b"|CUT|";

fuzz_target!(
    init: {
        // As in `dicom_object`.
        let _ = std::panic::take_hook();
    },
    |bytes: &[u8]| {
        let mut files = Vec::new();
        let mut rest = bytes;
        while let Some(at) = rest.windows(MARKER.len()).position(|five| five == MARKER) {
            files.push((format!("{}.dcm", files.len()), rest[..at].to_vec()));
            rest = &rest[at + MARKER.len()..];
        }
        files.push(("last.dcm".to_owned(), rest.to_vec()));
        let catalogue = sirt_dicom::scan_bytes(files);
        for series in &catalogue.series {
            let _ = sirt_dicom::read_ct(series);
            let _ = sirt_dicom::read_activity(series);
        }
    }
);
