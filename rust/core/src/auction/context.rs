//! What a request says of the moment, by name of dimension.

use crate::value::MICROS;

/// Values by name of dimension. A name that was never set is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context(Vec<(String, ContextValue)>);

/// What a request says of one dimension.
#[derive(Clone, Debug, PartialEq)]
pub enum ContextValue {
    /// One text: of a choice or a vocabulary. Empty is absent.
    Text(String),
    /// Several texts: of a set; in any order, repetitions count once. None is absent.
    Texts(Vec<String>),
    /// A number in micro units, or the hour of the week: 0 for the first hour of Monday to 167, times 1,000,000.
    Number(i64),
    /// A point.
    Place(Place),
}

/// A point on the globe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Millionths of a degree north.
    pub latitude: i32,
    /// Millionths of a degree east.
    pub longitude: i32,
}

impl Context {
    /// Says what the dimension `name` is; said again, the later value counts. An undeclared name does nothing.
    pub fn set(&mut self, name: &str, value: ContextValue) {
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Says one text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.set(name, ContextValue::Text(text.to_owned()));
    }

    /// Says a whole number.
    pub fn number(&mut self, name: &str, number: u32) {
        let micros = i64::from(number) * MICROS;
        self.set(name, ContextValue::Number(micros));
    }

    /// Says several texts.
    pub fn texts<'a>(&mut self, name: &str, texts: impl IntoIterator<Item = &'a str>) {
        let texts = texts.into_iter().map(str::to_owned).collect();
        self.set(name, ContextValue::Texts(texts));
    }

    /// Says the hour of the week, 0 to 167.
    pub fn hour(&mut self, name: &str, hour: u8) {
        self.number(name, hour.into());
    }

    /// The value of the name that was said as the `place`-th, for whoever says the same names again and again.
    pub fn value_mut(&mut self, place: usize) -> Option<&mut ContextValue> {
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// What was said of a dimension; `None` when nothing was, or nothing in it.
    pub fn get(&self, name: &str) -> Option<&ContextValue> {
        let found = self.said().find(|(own, _)| *own == name);
        found.map(|(_, value)| value)
    }

    /// All of which something was said.
    pub fn said(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.iter().filter(|(_, value)| match value {
            ContextValue::Text(text) => !text.is_empty(),
            ContextValue::Texts(texts) => !texts.iter().all(String::is_empty),
            ContextValue::Number(_) | ContextValue::Place(_) => true,
        })
    }

    /// All names with their values, empty ones too.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// As rules write it: degrees north and east.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |micros: i32| crate::value::show_micros(i128::from(micros));
        write!(f, "({}, {})", shown(self.latitude), shown(self.longitude))
    }
}

/// Mean radius of the earth in metres.
const EARTH: f64 = 6_371_008.8;

impl Place {
    /// Whether another point lies at most `metres` away, along the surface of a sphere.
    pub fn is_within(self, metres: u32, of: Self) -> bool {
        let radians = |micros: i32| (f64::from(micros) / 1_000_000.0).to_radians();
        let half = |a: i32, b: i32| ((radians(a) - radians(b)) / 2.0).sin().powi(2);
        let cosines = radians(self.latitude).cos() * radians(of.latitude).cos();
        let haversine =
            half(self.latitude, of.latitude) + cosines * half(self.longitude, of.longitude);
        2.0 * EARTH * haversine.sqrt().min(1.0).asin() <= f64::from(metres)
    }
}
