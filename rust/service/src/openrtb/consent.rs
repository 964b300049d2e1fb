//! What a request says of consent.

use treffer_core::auction::request::Consent;

use super::model::{BidRequest, Regs, User};
use super::tcf;

/// What flags and strings say, those of 2.6 before those of 2.5; a string that cannot be decoded says nothing. Neither does one of
/// the Global Privacy Platform yet.
pub(super) fn consent(request: &BidRequest, vendor: Option<u16>) -> Consent {
    let (device, regs) = (request.device.as_ref(), request.regs.as_ref());
    let string = request.user.as_deref().and_then(tcf_string);
    let granted = string.and_then(|string| tcf::decode(string, vendor));
    Consent {
        coppa: regs.and_then(|own| own.coppa),
        lmt: device.and_then(|own| own.lmt),
        dnt: device.and_then(|own| own.dnt),
        gdpr: regs.and_then(gdpr),
        purposes: granted.map(|own| own.purposes),
        vendor: granted.and_then(|own| own.vendor),
        us_opt_out: regs.and_then(us_privacy).and_then(us_opt_out),
    }
}

fn tcf_string(user: &User) -> Option<&str> {
    let old = user.ext.as_ref().and_then(|ext| ext.consent.as_deref());
    said(user.consent.as_deref()).or_else(|| said(old))
}

fn gdpr(regs: &Regs) -> Option<bool> {
    regs.gdpr.or_else(|| regs.ext.as_ref()?.gdpr)
}

fn us_privacy(regs: &Regs) -> Option<&str> {
    let old = regs.ext.as_ref().and_then(|ext| ext.us_privacy.as_deref());
    said(regs.us_privacy.as_deref()).or_else(|| said(old))
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Whether a US privacy string of version 1 opts out of sale; `None` when it does not apply or is not one.
fn us_opt_out(text: &str) -> Option<bool> {
    match text.as_bytes() {
        [b'1', _, b'Y' | b'y', _] => Some(true),
        [b'1', _, b'N' | b'n', _] => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_us_privacy_string_opts_out_by_its_third_letter() {
        let cases = [
            ("1YYN", Some(true)),
            ("1YNN", Some(false)),
            ("1---", None),
            ("1Y", None),
            ("2YYN", None),
        ];
        for (text, expected) in cases {
            assert_eq!(expected, us_opt_out(text), "{text}");
        }
    }
}
