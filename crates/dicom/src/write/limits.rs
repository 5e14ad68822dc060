//! Limits of DICOM's text representations.
//!
//! Numbers of characters and allowed characters stand in PS3.5 table 6.2-1.
//! A text that does not fit is refused rather than cut: a cut name can name
//! another structure or another patient.

use dicom_core::value::Value;
use dicom_core::{DataDictionary, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_object::InMemDicomObject;

use crate::DicomError;

/// Refuses a data set with a text that its representation does not allow.
///
/// The error names the attribute and the rule, never the text: it may hold
/// the patient's name.
pub(super) fn check(data_set: &InMemDicomObject) -> Result<(), DicomError> {
    for element in data_set.iter() {
        let (tag, vr) = (element.header().tag, element.header().vr());
        match element.value() {
            Value::Primitive(PrimitiveValue::Str(text)) => check_text(tag, vr, text)?,
            Value::Primitive(PrimitiveValue::Strs(texts)) => {
                for text in texts {
                    check_text(tag, vr, text)?;
                }
            }
            Value::Sequence(sequence) => {
                for item in sequence.items() {
                    check(item)?;
                }
            }
            Value::Primitive(_) | Value::PixelSequence(_) => {}
        }
    }
    Ok(())
}

fn check_text(tag: Tag, vr: VR, text: &str) -> Result<(), DicomError> {
    let refuse = |rule: String| {
        let name = StandardDataDictionary
            .by_tag(tag)
            .map_or("unknown attribute", |entry| entry.alias);
        Err(DicomError::not_writable(
            "data set",
            format!("{tag} {name} {rule}"),
        ))
    };
    let length = text.chars().count();
    let longest = match vr {
        VR::SH | VR::CS | VR::AE | VR::DS => 16,
        VR::IS => 12,
        VR::LO | VR::PN | VR::UI => 64,
        VR::ST => 1024,
        VR::LT => 10_240,
        _ => return Ok(()),
    };
    if length > longest {
        return refuse(format!("has {length} characters, {vr} allows {longest}"));
    }
    let free_text = matches!(vr, VR::ST | VR::LT);
    if text.chars().any(|c| {
        (c.is_control() && !(free_text && matches!(c, '\n' | '\r' | '\t')))
            || (c == '\\' && !free_text)
    }) {
        return refuse(format!(
            "has a control character or backslash, which {vr} does not allow"
        ));
    }
    let allowed = |c: char| match vr {
        VR::CS => c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '_',
        VR::UI => c.is_ascii_digit() || c == '.',
        VR::IS => c.is_ascii_digit() || matches!(c, '+' | '-'),
        VR::DS => c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'),
        _ => true,
    };
    if !text.chars().all(allowed) {
        return refuse(format!("has a character that {vr} does not allow"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_dictionary_std::tags;

    #[test]
    fn names_the_attribute_and_the_rule_but_not_the_text() {
        let error = check_text(tags::PATIENT_ID, VR::LO, &"7".repeat(65)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "data set cannot be written: (0010,0020) PatientID has 65 characters, LO allows 64"
        );
        let error = check_text(tags::PATIENT_NAME, VR::PN, "Secret\\Name").unwrap_err();
        assert!(!error.to_string().contains("Secret"));
    }

    #[test]
    fn keeps_to_the_characters_of_each_representation() {
        assert!(check_text(tags::MODALITY, VR::CS, "RTDOSE").is_ok());
        assert!(check_text(tags::MODALITY, VR::CS, "rtdose").is_err());
        assert!(check_text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.1").is_ok());
        assert!(check_text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.x").is_err());
        assert!(check_text(tags::DOSE_GRID_SCALING, VR::DS, "NaN").is_err());
        assert!(check_text(tags::DERIVATION_DESCRIPTION, VR::ST, "a\\b\nc").is_ok());
    }
}
