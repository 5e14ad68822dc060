//! The table that makes one response of three.
//!
//! | targets | other lesions | new | overall |
//! |---|---|---|---|
//! | CR | CR or none | no | CR |
//! | CR | NON-CR/NON-PD or NE | no | PR |
//! | PR, MR, SD | anything but PD | no | PR, MR, SD |
//! | NE | anything but PD | no | NE |
//! | PD | any | any | PD |
//! | any | PD | any | PD |
//! | any | any | yes | PD |
//! | none | CR, NON-CR/NON-PD, NE | no | the same |
//!
//! Source: eisenhauer2009, tables 1 and 2.

use super::Response;

/// The overall response at a time point.
#[must_use]
pub fn overall_response(
    target: Option<Response>,
    non_target: Option<Response>,
    new_lesion: bool,
) -> Response {
    if new_lesion
        || target == Some(Response::Progressive)
        || non_target == Some(Response::Progressive)
    {
        return Response::Progressive;
    }
    match (target, non_target) {
        (None, None) => Response::NotEvaluable,
        (None, Some(other)) => other,
        (Some(Response::Complete), None | Some(Response::Complete)) => Response::Complete,
        (Some(Response::Complete), Some(_)) => Response::Partial,
        (Some(target), _) => target,
    }
}
