use treffer_core::auction::request::{DealOffer, Media, Ratio, Size};

use super::*;

#[test]
fn ids_that_are_given_back_stay_as_they_came() {
    let own = decoded(
        r#"{"id": " r ", "site": {}, "imp": [{"id": "1 ", "banner": {}, "pmp": {"deals": [{"id": " d"}]}}]}"#,
    );
    let own = own.expect("it is sound");
    let impression = own.impressions.first().expect("there is one");
    let deal = impression.deals.first().expect("there is one");

    assert_eq!(
        (" r ", "1 ", " d"),
        (own.id.as_str(), impression.id.as_str(), deal.id.as_str())
    );
}

#[test]
fn a_banner_offers_its_sizes() {
    let own = with_impression(
        r#""banner": {"w": 300, "h": 250, "format": [{"w": 728, "h": 90}, {"w": 300, "h": 250}, {"wratio": 1}],
        "mimes": ["Image/GIF"], "api": [3, 5], "battr": [1], "pos": 1}"#,
    );
    let context = &own.impressions.first().expect("there is one").context;
    let size = |width, height| Size { width, height };

    let expected = Offer {
        media: Media::Banner,
        sizes: vec![size(728, 90), size(300, 250)],
        mimes: vec!["image/gif".to_owned()],
        apis: vec![3, 5],
        blocked_attributes: vec![1],
        ..Offer::default()
    };
    assert_eq!(&expected, first_offer(&own));
    assert_eq!(vec!["728x90", "300x250"], texts_of(context, "format"));
    assert_eq!(
        (vec!["banner".to_owned()], Some("above_fold")),
        (
            texts_of(context, "media_type"),
            text_of(context, "position")
        )
    );
}

#[test]
fn a_video_offers_protocols_durations_and_floors() {
    let own = with_impression(
        r#""bidfloorcur": "eur", "video": {"mimes": ["video/mp4"], "protocols": [2, 3], "protocol": 5, "w": 640, "h": 480,
        "minduration": 5, "maxduration": 30, "maxextended": 10, "mincpmpersec": 0.1, "durfloors": [{"mindur": 1, "maxdur": 15, "bidfloor": 5.25}]}"#,
    );
    let offer = first_offer(&own);
    let span = offer.floors.spans.first().expect("there is one");

    assert_eq!(
        (Some(5), Some(40), vec![2, 3, 5]),
        (
            offer.min_duration,
            offer.max_duration,
            offer.protocols.clone()
        )
    );
    assert_eq!(Some(money(100_000, Some("EUR"))), offer.floors.per_second);
    assert_eq!(
        (Some(1), Some(15), Some(money(5_250_000, Some("EUR")))),
        (span.min, span.max, Some(span.floor.clone()))
    );
    let context = &own.impressions.first().expect("there is one").context;
    assert_eq!(
        Some(&ContextValue::Number(40_000_000)),
        context.get("max_duration")
    );
}

#[test]
fn exact_durations_are_an_offer_each() {
    let own = with_impression(r#""audio": {"rqddurs": [15, 30, 15], "minduration": 1}"#);
    let offers = &own.impressions.first().expect("there is one").offers;
    let durations: Vec<_> = offers
        .iter()
        .map(|own| (own.media, own.min_duration, own.max_duration))
        .collect();

    assert_eq!(
        vec![
            (Media::Audio, Some(15), Some(15)),
            (Media::Audio, Some(30), Some(30))
        ],
        durations
    );
}

#[test]
fn nothing_may_be_longer_than_its_pod() {
    let durations = |said: &str| -> Vec<_> {
        let own = with_impression(&format!(r#""video": {{{said}}}"#));
        let offers = own.impressions.into_iter().flat_map(|own| own.offers);
        offers
            .map(|own| (own.min_duration, own.max_duration))
            .collect()
    };

    assert_eq!(
        vec![(None, Some(60))],
        durations(r#""poddur": 60, "maxseq": 3"#)
    );
    assert_eq!(
        vec![(Some(5), Some(30))],
        durations(r#""poddur": 60, "minduration": 5, "maxduration": 30"#)
    );
    assert_eq!(
        vec![(None, Some(60))],
        durations(r#""poddur": 60, "maxduration": 30, "maxextended": -1"#)
    );
    assert_eq!(
        vec![(Some(15), Some(15)), (Some(90), Some(60))],
        durations(r#""poddur": 60, "rqddurs": [15, 90]"#)
    );
    assert_eq!(vec![(None, None)], durations(r#""poddur": 0"#));
    let own = with_impression(r#""video": {"poddur": 60, "rqddurs": [15, 90]}"#);
    let context = &own.impressions.first().expect("there is one").context;
    let seconds = |name| context.get(name).cloned();
    let fifteen = Some(ContextValue::Number(15_000_000));
    assert_eq!(
        (fifteen.clone(), fifteen),
        (seconds("min_duration"), seconds("max_duration"))
    );
}

#[test]
fn a_video_says_where_and_when_it_is_shown() {
    let said = |media: &str| {
        let own = with_impression(media);
        let context = own
            .impressions
            .first()
            .expect("there is one")
            .context
            .clone();
        let names = [
            "placement",
            "feed",
            "skippable",
            "start_delay",
            "pod_sequence",
            "slot_in_pod",
        ];
        names
            .map(|name| text_of(&context, name).unwrap_or("-").to_owned())
            .join(" ")
    };

    let cases = [
        (
            r#""video": {"plcmt": 1, "skip": 1, "startdelay": 0, "podseq": 1, "slotinpod": 1}"#,
            "instream - yes pre_roll first first",
        ),
        (
            r#""video": {"plcmt": 4, "skip": 0, "startdelay": 15, "podseq": -1, "slotinpod": -1}"#,
            "standalone - no mid_roll last last",
        ),
        (
            r#""video": {"startdelay": -1, "podseq": 0, "slotinpod": 2}"#,
            "- - - mid_roll - first_or_last",
        ),
        (
            r#""video": {"plcmt": 9, "startdelay": -7, "podseq": 5, "slotinpod": 0}"#,
            "- - - - - -",
        ),
        (
            r#""audio": {"feed": 3, "startdelay": -2, "podseq": 1, "slotinpod": -1}"#,
            "- podcast - post_roll first last",
        ),
        (
            r#""video": {"startdelay": 0}, "audio": {"feed": 5, "startdelay": -2, "slotinpod": 1}"#,
            "- web_radio - pre_roll - first",
        ),
    ];
    for (media, expected) in cases {
        assert_eq!(expected, said(media), "{media}");
    }
}

#[test]
fn an_extension_without_end_leaves_no_longest_duration() {
    let own =
        with_impression(r#""video": {"minduration": 0, "maxduration": 30, "maxextended": -1}"#);

    assert_eq!(
        (None, None),
        (
            first_offer(&own).min_duration,
            first_offer(&own).max_duration
        )
    );
}

#[test]
fn a_format_is_a_size_or_a_ratio() {
    let own = with_impression(
        r#""ssai": 2, "banner": {"btype": [1, -1], "format": [{"wratio": 16, "hratio": 9, "wmin": 320}, {"w": 300, "h": 250, "wratio": 6, "hratio": 5},
        {"wratio": 4}, {"wratio": 3, "hratio": 3}]}"#,
    );
    let ratio = |width, height, min_width| Ratio {
        width,
        height,
        min_width,
    };
    let offer = first_offer(&own);
    let context = &own.impressions[0].context;

    assert_eq!(vec![ratio(16, 9, 320), ratio(3, 3, 0)], offer.ratios);
    assert_eq!(
        (1, vec![1]),
        (offer.sizes.len(), offer.blocked_types.clone())
    );
    assert_eq!(vec!["300x250", "16:9", "1:1"], texts_of(context, "format"));
    assert_eq!(
        Some("server_with_client_trackers"),
        text_of(context, "ad_insertion")
    );
}

#[test]
fn each_media_type_of_an_impression_is_an_offer() {
    let own = with_impression(
        r#""native": {"request": "{}", "api": [3], "battr": [4]}, "video": {}, "audio": {}, "banner": {}"#,
    );
    let impression = own.impressions.first().expect("there is one");
    let media: Vec<_> = impression.offers.iter().map(|own| own.media).collect();

    assert_eq!(
        vec![Media::Banner, Media::Video, Media::Audio, Media::Native],
        media
    );
    assert_eq!(
        vec!["banner", "video", "audio", "native"],
        texts_of(&impression.context, "media_type")
    );
}

#[test]
fn a_deal_has_a_currency_of_its_own() {
    let own = with_impression(
        r#""banner": {}, "bidfloor": 1.5, "bidfloorcur": "EUR", "exp": 60, "qty": {"multiplier": 14.2}, "pmp": {"private_auction": 1,
        "deals": [{"id": "d1", "bidfloor": 2, "at": 3, "wseat": ["s"], "wadomain": ["A.Example"], "guar": 1}, {"id": "d2", "bidfloorcur": "GBP"}]}"#,
    );
    let impression = own.impressions.first().expect("there is one");
    let expected = DealOffer {
        id: "d1".to_owned(),
        floor: Some(money(2_000_000, None)),
        at: Some(3),
        seats: vec!["s".to_owned()],
        advertiser_domains: vec!["a.example".to_owned()],
        guaranteed: Some(true),
        ..DealOffer::default()
    };

    assert_eq!(Some(money(1_500_000, Some("EUR"))), impression.floor);
    assert_eq!(
        (Some(true), Some(60), Some(14_200_000)),
        (impression.private_auction, impression.exp, impression.qty)
    );
    assert_eq!(Some(&expected), impression.deals.first());
    assert_eq!(Some(&None), impression.deals.get(1).map(|own| &own.floor));
    assert_eq!(vec!["d1", "d2"], texts_of(&impression.context, "deals"));
}

#[test]
fn an_impression_that_is_shown_later_has_its_own_hour() {
    let own = with_impression(r#""banner": {}, "dt": 1700445600000"#);

    assert_eq!(
        Some(Some(&ContextValue::Number(2_000_000))),
        own.impressions
            .first()
            .map(|own| own.context.get("hour_of_week"))
    );
}
