//! How values of the model are read from and written to columns.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::id::GenericUuid;
use newtype_uuid::{TypedUuid, TypedUuidKind};
use sqlx::{Decode, Postgres, ValueRef, error::BoxDynError, postgres::PgValueRef};
use uuid::Uuid;

use crate::StoreError;

pub(crate) use jiff_sqlx::Timestamp as Time;

/// A `uuid` column that holds a typed id.
#[derive(Debug)]
pub(crate) struct Id<K: TypedUuidKind>(TypedUuid<K>);

/// A `text` column that holds the text form of `T`.
#[derive(Debug)]
pub(crate) struct Text<T>(T);

/// An integer column that holds a `T`.
pub(crate) struct Num<T>(T);

/// A `text[]` column that holds the text forms of many `T`.
pub(crate) struct Texts<T>(Vec<T>);

/// A `jsonb` column that holds the JSON form of `T`.
pub(crate) struct Json<T>(T);

/// A `bytea` column of 32 bytes.
#[derive(Debug)]
pub(crate) struct Digest([u8; 32]);

/// A `bytea` column that holds DER.
pub(crate) struct DerBytes(Vec<u8>);

/// A `bytea[]` column that holds many DER values.
pub(crate) struct DerList(Vec<Vec<u8>>);

/// A `bigint` column that holds seconds.
pub(crate) struct Seconds(i64);

/// A nullable column that holds a `T`.
pub(crate) struct Opt<T>(Option<T>);

impl<'r, K: TypedUuidKind> Decode<'r, Postgres> for Id<K> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(TypedUuid::from_untyped_uuid(<Uuid as Decode<Postgres>>::decode(value)?)))
    }
}

impl<'r, T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>> Decode<'r, Postgres> for Text<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<&str as Decode<Postgres>>::decode(value)?.parse()?))
    }
}

impl<'r, T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>> Decode<'r, Postgres> for Texts<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let texts = <Vec<String> as Decode<Postgres>>::decode(value)?;
        Ok(Self(texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?))
    }
}

impl<'r, T: TryFrom<i64, Error: std::error::Error + Send + Sync + 'static>> Decode<'r, Postgres> for Num<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<i64 as Decode<Postgres>>::decode(value)?.try_into()?))
    }
}

impl<'r, T: serde::de::DeserializeOwned> Decode<'r, Postgres> for Json<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(serde_json::from_value(<serde_json::Value as Decode<Postgres>>::decode(value)?)?))
    }
}

impl<T> Text<T> {
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<'r> Decode<'r, Postgres> for Digest {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<&[u8] as Decode<Postgres>>::decode(value)?.try_into()?))
    }
}

impl<'r> Decode<'r, Postgres> for DerBytes {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <Vec<u8> as Decode<Postgres>>::decode(value).map(Self)
    }
}

impl<'r> Decode<'r, Postgres> for DerList {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <Vec<Vec<u8>> as Decode<Postgres>>::decode(value).map(Self)
    }
}

impl<'r> Decode<'r, Postgres> for Seconds {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <i64 as Decode<Postgres>>::decode(value).map(Self)
    }
}

impl<'r, T: Decode<'r, Postgres>> Decode<'r, Postgres> for Opt<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.is_null() { Ok(Self(None)) } else { T::decode(value).map(|value| Self(Some(value))) }
    }
}

// `query_as!` ends each column with `.into()`: these conversions lead to the types of the public structs.

impl<K: TypedUuidKind> From<Id<K>> for TypedUuid<K> {
    fn from(id: Id<K>) -> Self {
        id.0
    }
}

impl<K: TypedUuidKind> From<Opt<Id<K>>> for Option<TypedUuid<K>> {
    fn from(id: Opt<Id<K>>) -> Self {
        id.0.map(Into::into)
    }
}

impl From<Opt<Time>> for Option<Timestamp> {
    fn from(time: Opt<Time>) -> Self {
        time.0.map(Into::into)
    }
}

impl<T> From<Opt<Text<T>>> for Option<T> {
    fn from(text: Opt<Text<T>>) -> Self {
        text.0.map(|text| text.0)
    }
}

impl<T> From<Opt<Num<T>>> for Option<T> {
    fn from(number: Opt<Num<T>>) -> Self {
        number.0.map(|number| number.0)
    }
}

impl From<Opt<Digest>> for Option<[u8; 32]> {
    fn from(digest: Opt<Digest>) -> Self {
        digest.0.map(Into::into)
    }
}

impl From<Opt<DerBytes>> for Option<model::Der> {
    fn from(der: Opt<DerBytes>) -> Self {
        der.0.map(Into::into)
    }
}

impl<T> From<Texts<T>> for Vec<T> {
    fn from(texts: Texts<T>) -> Self {
        texts.0
    }
}

impl From<Json<model::terms::Terms>> for model::terms::Terms {
    fn from(json: Json<Self>) -> Self {
        json.0
    }
}

impl From<Json<model::router::AddressPolicy>> for model::router::AddressPolicy {
    fn from(json: Json<Self>) -> Self {
        json.0
    }
}

impl From<Json<std::collections::BTreeSet<String>>> for std::collections::BTreeSet<String> {
    fn from(json: Json<Self>) -> Self {
        json.0
    }
}

impl From<Digest> for [u8; 32] {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl From<DerBytes> for model::Der {
    fn from(der: DerBytes) -> Self {
        Self(der.0)
    }
}

impl From<DerList> for Vec<model::Der> {
    fn from(list: DerList) -> Self {
        list.0.into_iter().map(model::Der).collect()
    }
}

impl From<Seconds> for jiff::SignedDuration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0)
    }
}

macro_rules! texts {
    ($($t:ty),+ $(,)?) => {$(
        impl From<Text<$t>> for $t {
            fn from(text: Text<$t>) -> Self {
                text.0
            }
        }
    )+};
}

texts!(
    model::Name,
    semver::Version,
    serde_json::Value,
    crate::library::Kind,
    model::Address,
    model::Advertised,
    model::HostPort,
    model::AccessKinds,
    model::SpiffeId,
    model::router::Transport,
    crate::flow::Direction,
    model::lifecycle::BackboneSiteState,
    model::lifecycle::MemberState,
    model::terms::Admission,
    crate::backbone::DataPlane,
    crate::network::AddressMode,
    crate::authority::AuthorityState,
    crate::event::ObjectKind,
    crate::event::Outcome,
    crate::denial::Kind,
    crate::subject::Kind,
    crate::quota::Resource,
    authz::Role,
);

macro_rules! numbers {
    ($($t:ty),+) => {$(
        impl From<Num<$t>> for $t {
            fn from(number: Num<$t>) -> Self {
                number.0
            }
        }
    )+};
}

numbers!(u16, u32, u64);

/// A time as a parameter.
pub(crate) fn at(time: Timestamp) -> Time {
    time.to_sqlx()
}

/// A time that may be absent, as a parameter.
pub(crate) fn at_opt(time: Option<Timestamp>) -> Option<Time> {
    time.map(ToSqlx::to_sqlx)
}

/// A number as an `integer` parameter; `what` names it in the error when it is too large.
pub(crate) fn int(number: u32, what: &'static str) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| StoreError::Invalid { what: what.to_owned() })
}

/// A number as a `bigint` parameter.
pub(crate) fn bigint(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Invalid { what: what.to_owned() })
}

/// Terms as a `jsonb` parameter.
pub(crate) fn terms(terms: &model::terms::Terms) -> serde_json::Value {
    serde_json::to_value(terms).expect("terms have a JSON form")
}

/// DER values as a `bytea[]` parameter.
pub(crate) fn der_list(list: &[model::Der]) -> Vec<Vec<u8>> {
    list.iter().map(|der| der.0.clone()).collect()
}

/// Names as a `text[]` parameter.
pub(crate) fn name_list<'a>(names: impl IntoIterator<Item = &'a model::Name>) -> Vec<String> {
    names.into_iter().map(|name| name.as_str().to_owned()).collect()
}

/// Gives an enumeration its words, as they are written in the database and the API.
macro_rules! words {
    ($t:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $t {
            /// The value as it is written in the API and the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $t {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownWord { word: text.chars().take(80).collect(), known: &[$($word),+] }),
                }
            }
        }

        impl serde::Serialize for $t {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;
