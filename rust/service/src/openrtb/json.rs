//! How `OpenRTB` writes things in JSON: flags as 0 and 1, `null` for what is absent, and now and then 1.0 for 1.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::value::RawValue;

/// A flag, as 0 or 1; `true` and `false` are taken too.
pub(super) mod flag {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Flag;

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<bool>, D::Error> {
        Ok(Option::<Flag>::deserialize(from)?.map(|own| own.0))
    }

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it so"
    )]
    pub(in super::super) fn serialize<S: Serializer>(
        flag: &Option<bool>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        flag.map(u8::from).serialize(to)
    }
}

/// An object, or nothing. A list of its values in order, which serde would take as well, is a fault.
pub(super) fn message<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let own: Option<Object<T>> = Option::deserialize(from)?;
    Ok(own.map(|own| own.0))
}

/// An extension: an object, or nothing. An empty list is nothing too, for that is how PHP writes an object without fields.
pub(super) fn extension<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    from.deserialize_any(ExtensionVisitor(PhantomData))
}

/// Objects.
pub(super) fn messages<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let all: Vec<Object<T>> = list(from)?;
    Ok(all.into_iter().map(|own| own.0).collect())
}

/// A whole number, or nothing.
pub(super) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    Ok(Option::<Integer>::deserialize(from)?.map(|own| own.0))
}

/// A whole number of an extension that senders write as they like: a number, or its text; anything else is nothing.
pub(super) fn loose<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    from.deserialize_any(LooseVisitor)
}

/// An extension that senders write as they like: what is not made as it should be is nothing.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let own = Box::<RawValue>::deserialize(from)?;
    Ok(serde_json::from_str(own.get()).ok())
}

/// A text of few letters, which some write as a number; anything else is nothing.
pub(super) fn label<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let own = Box::<RawValue>::deserialize(from)?;
    let is_number = own.get().starts_with(|first: char| first.is_ascii_digit());
    if is_number {
        return Ok(Some(own.get().to_owned()));
    }
    Ok(serde_json::from_str(own.get()).ok())
}

/// JSON within JSON: a text that holds an object, or the object as it is.
pub(super) fn inner<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let own = Box::<RawValue>::deserialize(from)?;
    if own.get().starts_with('{') {
        return Ok(Some(own.get().to_owned()));
    }
    serde_json::from_str(own.get()).map_err(D::Error::custom)
}

/// Whole numbers; nothing is none, and so is nothing among them.
pub(super) fn integers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i32>, D::Error> {
    let all: Option<List<Integer>> = Option::deserialize(from)?;
    Ok(all.map_or_else(Vec::new, |all| all.0.into_iter().map(|own| own.0).collect()))
}

/// A list; nothing is an empty one, and nothing among its entries is no entry.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let all: Option<List<T>> = Option::deserialize(from)?;
    Ok(all.map_or_else(Vec::new, |all| all.0))
}

/// What is an object in JSON.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(AsMap(from)).map(Self)
    }
}

/// Reads structs as maps, and nothing else.
struct AsMap<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for AsMap<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct ExtensionVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ExtensionVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Option<T>, A::Error> {
        match from.next_element::<IgnoredAny>()? {
            None => Ok(None),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(from)).map(Some)
    }
}

struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0 or 1")
    }

    fn visit_bool<E: Error>(self, own: bool) -> Result<Flag, E> {
        Ok(Flag(own))
    }

    fn visit_u64<E: Error>(self, own: u64) -> Result<Flag, E> {
        match own {
            0 => Ok(Flag(false)),
            1 => Ok(Flag(true)),
            _ => Err(E::invalid_value(Unexpected::Unsigned(own), &self)),
        }
    }

    fn visit_i64<E: Error>(self, own: i64) -> Result<Flag, E> {
        Err(E::invalid_value(Unexpected::Signed(own), &self))
    }

    fn visit_f64<E: Error>(self, own: f64) -> Result<Flag, E> {
        match IntegerVisitor.visit_f64::<E>(own) {
            Ok(Integer(0)) => Ok(Flag(false)),
            Ok(Integer(1)) => Ok(Flag(true)),
            Ok(_) | Err(_) => Err(E::invalid_value(Unexpected::Float(own), &self)),
        }
    }
}

struct Integer(i32);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(IntegerVisitor)
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = Integer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of 32 bits")
    }

    fn visit_u64<E: Error>(self, own: u64) -> Result<Integer, E> {
        let whole = i32::try_from(own).map(Integer);
        whole.map_err(|_| E::invalid_value(Unexpected::Unsigned(own), &self))
    }

    fn visit_i64<E: Error>(self, own: i64) -> Result<Integer, E> {
        let whole = i32::try_from(own).map(Integer);
        whole.map_err(|_| E::invalid_value(Unexpected::Signed(own), &self))
    }

    #[expect(
        clippy::float_cmp,
        reason = "every `i32` is an `f64`: what comes back the same was whole and in range"
    )]
    fn visit_f64<E: Error>(self, own: f64) -> Result<Integer, E> {
        let whole = own as i32;
        if f64::from(whole) == own {
            return Ok(Integer(whole));
        }
        Err(E::invalid_value(Unexpected::Float(own), &self))
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Option<i32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<i32>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<i32>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, own: u64) -> Result<Option<i32>, E> {
        Ok(i32::try_from(own).ok())
    }

    fn visit_i64<E: Error>(self, own: i64) -> Result<Option<i32>, E> {
        Ok(i32::try_from(own).ok())
    }

    fn visit_f64<E: Error>(self, own: f64) -> Result<Option<i32>, E> {
        let whole = IntegerVisitor.visit_f64::<E>(own);
        Ok(whole.ok().map(|own| own.0))
    }

    fn visit_str<E: Error>(self, own: &str) -> Result<Option<i32>, E> {
        Ok(own.trim().parse().ok())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, from: A) -> Result<Option<i32>, A::Error> {
        IgnoredAny.visit_seq(from).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Option<i32>, A::Error> {
        IgnoredAny.visit_map(from).map(|_| None)
    }
}

struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ListVisitor(PhantomData)).map(Self)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(next) = from.next_element::<Option<T>>()? {
            all.extend(next);
        }
        Ok(all)
    }
}
