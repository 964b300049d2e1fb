//! Where the person is.

use treffer_core::auction::{Context, ContextValue, Place};

use super::country::alpha_2;
use super::model::Geo;
use super::refused::{Fault, Refused};
use super::words::{say, text, word};

/// Says the place: all of it from where the device is if that is told at all, else from where the user lives.
pub(super) fn say_place(
    context: &mut Context,
    device: Option<Geo>,
    user: Option<Geo>,
) -> Result<(), Refused> {
    let now = device.map(|own| point(&own).map(|point| (own, point)));
    let now = now
        .transpose()
        .map_err(|refused| refused.within("device.geo"))?;
    let home = user.map(|own| point(&own).map(|point| (own, point)));
    let home = home
        .transpose()
        .map_err(|refused| refused.within("user.geo"))?;
    let tells = |(own, point): &(Geo, Option<Place>)| {
        let texts = [&own.country, &own.region, &own.city, &own.zip];
        point.is_some()
            || texts
                .iter()
                .any(|own| own.as_ref().is_some_and(|own| !own.is_empty()))
    };
    if let Some((own, point)) = now.filter(tells).or(home) {
        let country = own.country.as_deref().and_then(alpha_2);
        say(context, "country", country.map(str::to_owned));
        say(context, "region", text(own.region));
        say(context, "city", word(own.city));
        say(context, "zip", text(own.zip));
        if let Some(point) = point {
            context.set("place", ContextValue::Place(point));
        }
    }
    Ok(())
}

/// The point, where both of its numbers are told.
fn point(geo: &Geo) -> Result<Option<Place>, Refused> {
    let latitude = geo.lat.map(|own| degrees("lat", own, 90)).transpose()?;
    let longitude = geo.lon.map(|own| degrees("lon", own, 180)).transpose()?;
    let both = latitude.zip(longitude);
    Ok(both.map(|(latitude, longitude)| Place {
        latitude,
        longitude,
    }))
}

fn degrees(field: &str, own: f64, most: i32) -> Result<i32, Refused> {
    if !own.is_finite() {
        return Err(Refused::new(field, Fault::NotFinite));
    }
    if own.abs() > f64::from(most) {
        return Err(Refused::new(field, Fault::OutOfRange(-most, most)));
    }
    Ok((own * 1_000_000.0).round() as i32)
}
