//! Any bytes as one DICOM file, through the reader of every kind of object.
//!
//! Seeds: `cargo run -p sirt-dicom --example write_samples -- FOLDER`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: {
        // The decoders of other crates may panic on a damaged stream, which
        // the reader catches; the hook would end the process before that.
        let _ = std::panic::take_hook();
    },
    |bytes: &[u8]| {
        let catalogue = sirt_dicom::scan_bytes(vec![("one.dcm".to_owned(), bytes.to_vec())]);
        for series in &catalogue.series {
            let _ = sirt_dicom::read_ct(series);
            let _ = sirt_dicom::read_activity(series);
            let _ = sirt_dicom::read_planar(series);
            let _ = sirt_dicom::read_structures_on(series, &catalogue);
            let _ = sirt_dicom::read_registration(series);
            let _ = sirt_dicom::read_dose(series);
            let _ = sirt_dicom::study_context(series);
            let _ = series.source_reference();
        }
    }
);
