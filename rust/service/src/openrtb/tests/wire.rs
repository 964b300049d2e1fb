use super::super::decode_protobuf;
use super::*;

/// Lays out a field as the wire does: a message or text, a flag or number, a double.
enum Wire {
    Bytes(Vec<u8>),
    Number(u64),
    Double(f64),
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 128 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

fn message(fields: &[(u64, Wire)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, value) in fields {
        match value {
            Wire::Number(own) => {
                varint(number << 3, &mut out);
                varint(*own, &mut out);
            }
            Wire::Double(own) => {
                varint(number << 3 | 1, &mut out);
                out.extend(own.to_le_bytes());
            }
            Wire::Bytes(own) => {
                varint(number << 3 | 2, &mut out);
                varint(own.len() as u64, &mut out);
                out.extend(own);
            }
        }
    }
    out
}

fn text(own: &str) -> Wire {
    Wire::Bytes(own.as_bytes().to_vec())
}

fn nested(fields: &[(u64, Wire)]) -> Wire {
    Wire::Bytes(message(fields))
}

/// A request written down by the numbers of the standard, not by our model.
#[expect(clippy::too_many_lines, reason = "it is one flat list")]
fn request() -> Vec<u8> {
    use Wire::{Double, Number};

    let deal = nested(&[
        (1, text("d")),
        (2, Double(4.5)),
        (3, text("EUR")),
        (6, Number(3)),
        (7, Number(1)),
    ]);
    let pmp = nested(&[(1, Number(1)), (2, deal)]);
    let banner = nested(&[
        (15, nested(&[(1, Number(300)), (2, Number(250))])),
        (
            15,
            nested(&[(3, Number(16)), (4, Number(9)), (5, Number(320))]),
        ),
        (5, Number(4)),
        (4, Number(3)),
        (7, text("image/png")),
    ]);
    let floors = nested(&[(1, Number(5)), (2, Number(10)), (3, Double(2.0))]);
    let video = nested(&[
        (3, Number(5)),
        (4, Number(30)),
        (8, Number(7)),
        (21, Wire::Bytes(vec![2, 3])),
        (23, Number(1)),
        (29, Number(45)),
        (31, Number(1)),
        (33, Number(2)),
        (35, Number(3)),
        (36, floors),
    ]);
    let audio = nested(&[
        (4, Number(9)),
        (5, Number(0)),
        (22, Number(3)),
        (25, Number(10)),
        (26, Number(15)),
        (28, Number(1)),
        (29, Number(1)),
    ]);
    let title = nested(&[
        (1, Number(0)),
        (2, Number(1)),
        (3, nested(&[(1, Number(25))])),
    ]);
    let size = [
        (1, Number(3)),
        (2, Number(9)),
        (5, Number(8)),
        (6, text("image/png")),
    ];
    let image = nested(&[(1, Number(2)), (4, nested(&size))]);
    let clip = nested(&[(1, Number(3)), (5, nested(&[(4, Number(30))]))]);
    let sponsor = nested(&[
        (1, Number(4)),
        (6, nested(&[(1, Number(1)), (2, Number(9))])),
    ]);
    let layout = nested(&[
        (1, text("1.2")),
        (6, title),
        (6, image),
        (6, clip),
        (6, sponsor),
        (13, nested(&[(1, Number(1)), (2, Number(2))])),
        (14, Number(1)),
    ]);
    let native = nested(&[(2, text("1")), (3, Number(7)), (4, Number(8)), (50, layout)]);
    let imp = [
        (1, text("1")),
        (2, banner),
        (3, video),
        (15, audio),
        (13, native),
        (11, pmp),
        (12, Number(1)),
        (8, Double(0.75)),
        (9, text("EUR")),
    ];
    let content = nested(&[(19, text("de")), (7, text("IAB3"))]);
    let site = nested(&[
        (3, text("a.example")),
        (4, text("IAB1")),
        (11, nested(&[(1, text("p"))])),
        (12, content),
        (13, text("wine")),
    ]);
    let geo = nested(&[
        (1, Double(1.5)),
        (2, Double(-2.5)),
        (3, text("AUT")),
        (4, text("9")),
        (7, text("Wien")),
        (8, text("1010")),
        (10, Number(60)),
    ]);
    let device = nested(&[
        (4, geo),
        (1, Number(0)),
        (23, Number(1)),
        (12, text("M")),
        (13, text("N")),
        (14, text("O")),
        (15, text("1")),
        (11, text("de")),
        (10, text("C")),
        (17, Number(2)),
        (18, Number(5)),
        (20, text("ifa-1")),
    ]);
    let eid = nested(&[(1, text("liveramp.com")), (2, nested(&[(1, text("x"))]))]);
    let data = nested(&[(1, text("p")), (3, nested(&[(1, text("7"))]))]);
    let old = nested(&[(1, text("COtybn4PA_zT4KjACBENAPCIAEBAAECAAIAAAAAAAAAA"))]);
    let user = nested(&[
        (1, text("u")),
        (2, text("b")),
        (8, data),
        (11, eid),
        (99, old),
    ]);
    let regs = nested(&[
        (1, Number(0)),
        (2, text("DBABEw~BVkAAAAAAA")),
        (3, Wire::Bytes(vec![16])),
        // The last is not read: what the Digital Services Act asks for.
        (
            99,
            nested(&[
                (1, Number(1)),
                (2, text("1YNN")),
                (3, text("1")),
                (4, nested(&[(1, Number(2)), (2, Number(0))])),
            ]),
        ),
    ]);
    let node = nested(&[(1, text("x.example")), (2, text("4"))]);
    let chain = nested(&[(1, Number(1)), (2, node)]);
    let mut imp_bytes = Vec::from(imp);
    imp_bytes.push((14, Number(90)));
    imp_bytes.push((19, Number(2)));
    message(&[
        (1, text("r")),
        (2, Wire::Bytes(message(&imp_bytes))),
        (3, site),
        (5, device),
        (6, user),
        (7, Number(1)),
        (8, Number(99)),
        (9, text("seat")),
        (10, Number(1)),
        (11, text("EUR")),
        (12, text("IAB7")),
        (13, text("bad.example")),
        (14, regs),
        (15, Number(1)),
        (16, text("com.bad")),
        (18, text("en")),
        (19, nested(&[(4, chain)])),
        (21, Number(2)),
        (23, text("IAB5")),
        (999, text("skipped")),
    ])
}

/// The same in JSON.
const JSON: &str = r#"{"id": "r", "at": 1, "tmax": 99, "allimps": 1, "wseat": ["seat"], "cur": ["EUR"], "bcat": ["IAB7"], "acat": ["IAB5"], "badv": ["bad.example"],
        "bapp": ["com.bad"], "wlang": ["en"], "cattax": 2, "test": 1, "imp": [{"id": "1", "exp": 90, "secure": 1, "bidfloor": 0.75, "bidfloorcur": "EUR",
        "ssai": 2, "banner": {"format": [{"w": 300, "h": 250}, {"wratio": 16, "hratio": 9, "wmin": 320}], "btype": [4], "pos": 3, "mimes": ["image/png"]},
        "audio": {"protocols": [9], "startdelay": 0, "feed": 3, "poddur": 10, "rqddurs": [15], "podseq": 1, "slotinpod": 1},
        "video": {"minduration": 5, "maxduration": 30, "startdelay": 7, "protocols": [2, 3], "skip": 1, "poddur": 45, "podseq": 1, "slotinpod": 2, "plcmt": 3,
        "durfloors": [{"mindur": 5, "maxdur": 10, "bidfloor": 2}]},
        "native": {"api": [7], "battr": [8], "ver": "1", "request_native": {"ver": "1.2", "assets": [{"id": 0, "required": 1, "title": {"len": 25}},
        {"id": 2, "img": {"type": 3, "w": 9, "hmin": 8, "mimes": ["image/png"]}}, {"id": 3, "video": {"maxduration": 30}}, {"id": 4, "data": {"type": 1, "len": 9}}],
        "eventtrackers": [{"event": 1, "methods": [2]}], "privacy": 1}}, "pmp": {"private_auction": 1, "deals": [{"id": "d", "bidfloor": 4.5, "bidfloorcur": "EUR", "at": 3, "guar": 1}]}}],
        "site": {"domain": "a.example", "cat": ["IAB1"], "publisher": {"id": "p"}, "content": {"language": "de", "cat": ["IAB3"]}, "keywords": "wine"},
        "device": {"geo": {"lat": 1.5, "lon": -2.5, "country": "AUT", "region": "9", "city": "Wien", "zip": "1010", "utcoffset": 60}, "dnt": 0, "lmt": 1,
        "make": "M", "model": "N", "os": "O", "osv": "1", "language": "de", "carrier": "C", "connectiontype": 2, "devicetype": 5, "ifa": "ifa-1"},
        "source": {"schain": {"complete": 1, "nodes": [{"asi": "x.example", "sid": "4"}]}},
        "user": {"id": "u", "buyeruid": "b", "data": [{"id": "p", "segment": [{"id": "7"}]}], "eids": [{"source": "liveramp.com", "uids": [{"id": "x"}]}],
        "ext": {"consent": "COtybn4PA_zT4KjACBENAPCIAEBAAECAAIAAAAAAAAAA"}}, "regs": {"coppa": 0, "gpp": "DBABEw~BVkAAAAAAA", "gpp_sid": [16], "ext": {"gdpr": 1, "us_privacy": "1YNN", "gpc": 1}}}"#;

#[test]
fn numbers_on_the_wire_are_those_of_the_standard() {
    let expected = decoded(JSON);

    let consent = expected.as_ref().map(|own| own.consent.us_opt_out);
    assert_eq!(Ok(Some(true)), consent);
    assert_eq!(expected, decode_protobuf(&request(), &reading(), MONDAY));
}

#[test]
fn a_browser_that_opts_out_does_on_the_wire_too() {
    let regs = nested(&[(99, nested(&[(3, text("1"))]))]);
    let imp = nested(&[(1, text("1")), (2, nested(&[]))]);
    let bytes = message(&[(1, text("r")), (2, imp), (3, nested(&[])), (14, regs)]);

    let own = decode_protobuf(&bytes, &reading(), MONDAY).expect("it is a request");
    assert_eq!(Some(true), own.consent.us_opt_out);
}
