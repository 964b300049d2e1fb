//! What shows the ad.

use treffer_core::auction::Context;

use super::model::{BrandVersion, Device};
use super::words::{language, say, say_name, text, word};

/// What the numbers of kinds of devices stand for, from 1 on.
const DEVICES: [&str; 8] = [
    "mobile",
    "pc",
    "tv",
    "phone",
    "tablet",
    "connected_device",
    "set_top_box",
    "ooh",
];
/// What the numbers of kinds of connections stand for, from 1 on.
const CONNECTIONS: [&str; 7] = ["ethernet", "wifi", "cellular", "2g", "3g", "4g", "5g"];

/// Says the device. What the browser says of itself part by part fills in what is not said otherwise; the user agent in one
/// text is not read.
pub(super) fn say_device(context: &mut Context, own: Device) {
    let agent = own.sua.unwrap_or_default();
    let platform = agent.platform.unwrap_or_default();
    let version = text(Some(platform.version.join(".")));
    say_name(context, "device_type", &DEVICES, own.devicetype);
    say_name(context, "connection_type", &CONNECTIONS, own.connectiontype);
    say(context, "os", word(own.os).or_else(|| word(platform.brand)));
    say(context, "os_version", text(own.osv).or(version));
    say(context, "browser", browser(agent.browsers));
    say(context, "make", word(own.make));
    say(
        context,
        "model",
        word(own.model).or_else(|| word(agent.model)),
    );
    say(context, "carrier", word(own.carrier));
    say(context, "language", language(own.language, own.langb));
}

/// The brand that people know it by: not the invented one that browsers put among theirs, and the common engine only when it is
/// alone.
fn browser(brands: Vec<BrandVersion>) -> Option<String> {
    let names = brands.into_iter().filter_map(|own| word(own.brand));
    let mut names = names.filter(|own| !is_invented(own));
    let first = names.next()?;
    if first != ENGINE {
        return Some(first);
    }
    names.next().or(Some(first))
}

const ENGINE: &str = "chromium";

/// Whether it reads "not a brand", whatever stands between the letters.
fn is_invented(brand: &str) -> bool {
    let letters = brand.chars().filter(char::is_ascii_alphabetic);
    letters.eq("notabrand".chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_the_brand_that_people_know() {
        let brands = |all: &[&str]| {
            let brand = |own: &&str| BrandVersion {
                brand: Some((*own).to_owned()),
                version: Vec::new(),
            };
            browser(all.iter().map(brand).collect())
        };

        assert_eq!(
            Some("google chrome"),
            brands(&["Not_A Brand", "Chromium", "Google Chrome"]).as_deref()
        );
        assert_eq!(
            Some("chromium"),
            brands(&["Chromium", " Not A;Brand"]).as_deref()
        );
        assert_eq!(None, brands(&["Not/A)Brand", ""]));
    }
}
