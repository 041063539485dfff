//! The book's settings on the wire: each under its name, whichever there are.

use std::fmt;

use domain::id::{Code, Reason};
use domain::settings::Setting;
use ledger::book_settings::{self, describe, names};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, MapAccess,
    VariantAccess, Visitor,
};
use serde::{Deserialize, Serialize, Serializer, forward_to_deserialize_any};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema::SchemaType};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::money::Money;

/// The settings in force, and the version of their stream.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Settings(Value);

impl Settings {
    pub(crate) fn of(settings: &domain::settings::Settings) -> Self {
        Self(json!(settings))
    }
}

impl PartialSchema for Settings {
    fn schema() -> RefOr<Schema> {
        let settings = object("The settings in force.");
        let version = ObjectBuilder::new().schema_type(Type::Integer);
        let settings = settings.property("version", version).required("version");
        let settings = names().iter().fold(settings, |schema, name| schema.required(*name));
        settings.into()
    }
}

impl ToSchema for Settings {}

/// One setting, as it is explained.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DescribedSetting)]
pub(crate) struct Described {
    name: &'static str,
    value: Value,
    /// What a new book starts with.
    default: Value,
    unit: &'static str,
    meaning: &'static str,
}

impl Described {
    pub(crate) fn all(settings: &domain::settings::Settings) -> Vec<Self> {
        describe(settings).into_iter().map(Self::from).collect()
    }
}

impl From<book_settings::Described> for Described {
    fn from(described: book_settings::Described) -> Self {
        let book_settings::Described { name, value, default, unit, meaning } = described;
        Self { name, value, default, unit, meaning }
    }
}

/// The settings to change, each under its name; the others stay.
#[derive(Debug)]
pub(crate) struct ChangeSettings {
    pub(crate) settings: Vec<Setting>,
    pub(crate) reason: Reason,
    pub(crate) ticket: Option<Code>,
}

impl PartialSchema for ChangeSettings {
    fn schema() -> RefOr<Schema> {
        let text = |max| ObjectBuilder::new().schema_type(Type::String).max_length(Some(max));
        object("The settings to change; the others stay.")
            .property("reason", text(500))
            .property("ticket", text(128))
            .required("reason")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .into()
    }
}

impl ToSchema for ChangeSettings {}

/// An object with a property for each setting, after what a new book holds there.
fn object(description: &str) -> ObjectBuilder {
    let described = describe(&domain::settings::Settings::default());
    described.into_iter().fold(
        ObjectBuilder::new().description(Some(description)),
        |schema, one| {
            let says = Some(format!("{} ({})", one.meaning, one.unit));
            let property = |kind| -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(kind).description(says.clone()).into()
            };
            let property = match one.default {
                Value::Number(_) => property(SchemaType::Type(Type::Integer)),
                Value::Array(_) => ArrayBuilder::new()
                    .items(ObjectBuilder::new().schema_type(Type::String))
                    .description(says)
                    .into(),
                Value::Object(_) => Money::schema(),
                Value::String(_) | Value::Bool(_) | Value::Null => {
                    property(SchemaType::Type(Type::String))
                }
            };
            schema.property(one.name, property)
        },
    )
}

impl Serialize for ChangeSettings {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut members = Map::new();
        for setting in &self.settings {
            if let Value::Object(setting) = json!(setting) {
                members.extend(setting);
            }
        }
        members.insert("reason".to_owned(), json!(self.reason));
        if let Some(ticket) = &self.ticket {
            members.insert("ticket".to_owned(), json!(ticket));
        }
        members.serialize(to)
    }
}

impl<'de> Deserialize<'de> for ChangeSettings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = ChangeSettings;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("settings and a reason")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ChangeSettings, A::Error> {
        let (mut settings, mut reason, mut ticket) = (Vec::new(), None, None);
        let mut seen = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            if seen.contains(&name) {
                return Err(A::Error::duplicate_field(name));
            }
            seen.push(name);
            match name {
                "reason" => reason = Some(map.next_value()?),
                "ticket" => ticket = map.next_value()?,
                name => settings.push(Setting::deserialize(Member { name, map: &mut map })?),
            }
        }
        let reason = reason.ok_or_else(|| A::Error::missing_field("reason"))?;
        Ok(ChangeSettings { settings, reason, ticket })
    }
}

/// The name of a member that is taken.
struct Name(&'static str);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Known;
        impl Visitor<'_> for Known {
            type Value = Name;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a setting")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Name, E> {
                let known = names().iter().chain(&["reason", "ticket"]);
                let mut known = known.copied().filter(|known| *known == text);
                known.next().map(Name).ok_or_else(|| E::unknown_field(text, names()))
            }
        }
        from.deserialize_identifier(Known)
    }
}

/// A member of an object, to be read as the variant of its name: what is wrong in its value is then
/// named by its place.
struct Member<'a, A> {
    name: &'static str,
    map: &'a mut A,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Member<'_, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Member<'_, A> {
    type Error = A::Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), A::Error> {
        let name: StrDeserializer<'_, A::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Member<'_, A> {
    type Error = A::Error;

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.map.next_value_seed(seed)
    }

    fn unit_variant(self) -> Result<(), A::Error> {
        Err(A::Error::custom("a setting has a value"))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        _visitor: V,
    ) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("a setting has one value"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("a setting has one value"))
    }
}
