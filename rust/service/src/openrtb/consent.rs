//! What a request says of consent.

use treffer_core::auction::request::Consent;

use super::gpp::{Sections, TCF_EU};
use super::model::{BidRequest, Regs, User};
use super::tcf;

/// What flags and strings say, those of 2.6 before those of 2.5, and a TCF string of its own before one within a string of the Global
/// Privacy Platform; what cannot be decoded says nothing. GDPR applies, too, where its section is said to. Whoever has opted out in a
/// US privacy string, in that platform or in the browser (Global Privacy Control) has.
pub(super) fn consent(request: &BidRequest, vendor: Option<u16>) -> Consent {
    let (device, regs) = (request.device.as_ref(), request.regs.as_ref());
    let gpp = regs.and_then(gpp).map(Sections::of).unwrap_or_default();
    let applied = regs.map(applied).unwrap_or_default();
    let string = request.user.as_deref().and_then(tcf_string);
    let string = string.or_else(|| gpp.section(TCF_EU));
    let granted = string.and_then(|string| tcf::decode(string, vendor));
    let is_applied = applied.contains(&TCF_EU.cast_signed()).then_some(true);
    let us_privacy = regs.and_then(us_privacy).and_then(us_opt_out);
    let told = [
        us_privacy,
        gpp.us_opt_out(applied, us_opt_out),
        regs.and_then(browser),
    ];
    Consent {
        coppa: regs.and_then(|own| own.coppa),
        lmt: device.and_then(|own| own.lmt),
        dnt: device.and_then(|own| own.dnt),
        gdpr: regs.and_then(gdpr).or(is_applied),
        purposes: granted.map(|own| own.purposes),
        vendor: granted.and_then(|own| own.vendor),
        us_opt_out: told.into_iter().flatten().reduce(|one, other| one || other),
    }
}

fn gpp(regs: &Regs) -> Option<&str> {
    let old = regs.ext.as_ref().and_then(|ext| ext.gpp.as_deref());
    said(regs.gpp.as_deref()).or_else(|| said(old))
}

/// The sections that apply.
fn applied(regs: &Regs) -> &[i32] {
    match &regs.ext {
        Some(ext) if regs.gpp_sid.is_empty() => &ext.gpp_sid,
        _ => &regs.gpp_sid,
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

/// Whether the browser asks not to be sold; one that does not has said nothing.
fn browser(regs: &Regs) -> Option<bool> {
    let header = regs.ext.as_ref()?.gpc.as_deref()?;
    (header.trim() == "1").then_some(true)
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Whether a US privacy string of version 1 opts out of sale; `None` when it does not apply or is not one.
fn us_opt_out(text: &str) -> Option<bool> {
    match text.trim().as_bytes() {
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
            (" 1YYN ", Some(true)),
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
