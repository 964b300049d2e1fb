//! Where the ad would stand.

use treffer_core::auction::Context;

use super::model::{App, BidRequest, Content, Data, Dooh, Publisher, Site};
use super::words::{joined, language, say, say_all, text, texts, word, words};

/// Says site, app or screen, and gives what others say of its content.
pub(super) fn say_inventory(context: &mut Context, request: &mut BidRequest) -> Vec<Data> {
    let site = request.site.take().map(|own| Inventory::from(*own));
    let app = || request.app.take().map(|own| Inventory::from(*own));
    let own = site.or_else(app);
    let own = own.or_else(|| request.dooh.take().map(|own| Inventory::from(*own)));
    own.map_or_else(Vec::new, |own| own.say(context))
}

/// What the three have in common.
#[derive(Default)]
struct Inventory {
    channel: &'static str,
    domain: Option<String>,
    bundle: Option<String>,
    publisher: Option<Publisher>,
    categories: Vec<String>,
    keywords: Vec<String>,
    content: Option<Content>,
}

impl Inventory {
    fn say(self, context: &mut Context) -> Vec<Data> {
        let content = self.content.unwrap_or_default();
        let (mut categories, mut keywords) = (self.categories, self.keywords);
        categories.extend(content.cat);
        keywords.extend(split(content.keywords, content.kwarray));
        context.text("channel", self.channel);
        say(context, "domain", self.domain);
        say(context, "app", self.bundle);
        say(
            context,
            "publisher",
            self.publisher.and_then(|own| text(own.id)),
        );
        say(
            context,
            "page_language",
            language(content.language, content.langb),
        );
        say_all(context, "categories", texts(categories));
        say_all(context, "keywords", words(keywords));
        content.data
    }
}

impl From<Site> for Inventory {
    fn from(own: Site) -> Self {
        let host = own.page.as_deref().and_then(host);
        Self {
            channel: "site",
            domain: word(own.domain).or(host),
            publisher: own.publisher,
            categories: joined([own.cat, own.sectioncat, own.pagecat]),
            keywords: split(own.keywords, own.kwarray),
            content: own.content,
            ..Self::default()
        }
    }
}

impl From<App> for Inventory {
    fn from(own: App) -> Self {
        Self {
            channel: "app",
            domain: word(own.domain),
            bundle: text(own.bundle),
            publisher: own.publisher,
            categories: joined([own.cat, own.sectioncat, own.pagecat]),
            keywords: split(own.keywords, own.kwarray),
            content: own.content,
        }
    }
}

impl From<Dooh> for Inventory {
    fn from(own: Dooh) -> Self {
        Self {
            channel: "dooh",
            domain: word(own.domain),
            publisher: own.publisher,
            keywords: split(own.keywords, Vec::new()),
            content: own.content,
            ..Self::default()
        }
    }
}

/// Keywords of both ways to write them.
fn split(commas: Option<String>, mut list: Vec<String>) -> Vec<String> {
    let commas = commas.unwrap_or_default();
    list.extend(commas.split(',').map(str::to_owned));
    list
}

/// The host of a URL in lower case, without `www.` before it; `None` when it has none.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?;
    let host = word(Some(host.to_owned()))?;
    let short = host.strip_prefix("www.").map(str::to_owned);
    short.or(Some(host)).filter(|own| !own.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_page_is_its_domain() {
        let cases = [
            ("https://www.Example.com/a?b#c", Some("example.com")),
            (
                "http://user@news.example.org:8080",
                Some("news.example.org"),
            ),
            ("https://?x", None),
            ("about:blank", None),
            ("", None),
        ];
        for (url, expected) in cases {
            assert_eq!(expected, host(url).as_deref(), "{url}");
        }
    }
}
