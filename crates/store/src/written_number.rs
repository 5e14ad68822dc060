//! Numbers as a person would have written them.

/// A number to 12 significant digits without zeros at its end: what a unit
/// conversion leaves at the 16th (`170.29999999999998`) is not shown.
pub(crate) fn shortest(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_what_a_conversion_leaves() {
        assert_eq!(shortest(170.299_999_999_999_98), "170.3");
        assert_eq!(shortest(1.85), "1.85");
        assert_eq!(shortest(1800.0), "1800");
        assert_eq!(shortest(0.0), "0");
        assert_eq!(shortest(0.000_012_5), "0.0000125");
    }
}
