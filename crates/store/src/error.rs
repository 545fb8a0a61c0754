use sqlx::postgres::PgDatabaseError;

use crate::page::InvalidCursor;

/// Why an operation on the store failed.
///
/// After any error but [`StoreError::NotFound`], [`StoreError::Conflict`] and [`StoreError::Stale`], the transaction it
/// happened in is over: drop it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such object.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Another object of the same parent has the name.
    #[error("the name is taken by another {what}")]
    NameTaken {
        /// The kind of the object that has it.
        what: String,
    },
    /// There is an object like it already.
    #[error("there is such a {what} already")]
    Exists {
        /// The kind of the object.
        what: String,
    },
    /// The object cannot go as long as others need it.
    #[error("it is in use by a {by}")]
    InUse {
        /// The kind of an object that needs it.
        by: String,
    },
    /// The object refers to one that does not exist, such as an undeclared class.
    #[error("it refers to a {what} that does not exist")]
    Unknown {
        /// What it refers to.
        what: String,
    },
    /// The object is in a state that does not permit the change, and may have been brought to it meanwhile.
    #[error("the {what} was changed in the meantime")]
    Conflict {
        /// The kind of the object.
        what: &'static str,
    },
    /// The object is at another revision than the caller demands.
    #[error("the {what} is at revision {found}, not {expected}")]
    Stale {
        /// The kind of the object.
        what: &'static str,
        /// The revision that was demanded.
        expected: i64,
        /// The revision it is at.
        found: i64,
    },
    /// A value is outside what the database permits; callers check values before they come here.
    #[error("a value is not permitted: {what}")]
    Invalid {
        /// The rule that was broken.
        what: String,
    },
    /// A place in a list that is none of this list in this order.
    #[error(transparent)]
    Cursor(InvalidCursor),
    /// A transaction of several parts was not used as one: a fault of the program.
    #[error("the transaction cannot go on: {why}")]
    Whole {
        /// What stands in the way.
        why: &'static str,
    },
    /// The database cannot be reached, or cannot work now. The same operation may succeed later; whether a commit
    /// that failed so has happened is not known.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The database's schema is not the one this program works with.
    #[error("the database cannot be brought to this program's schema")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Anything else: a fault of the program or of the database.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

/// A text that is none of the words known for its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is none of {}", known.join(", "))]
pub struct UnknownWord {
    pub(crate) word: String,
    pub(crate) known: &'static [&'static str],
}

impl StoreError {
    /// Refuses when a `what` is at another revision than the caller demands.
    pub(crate) fn unless_at(expected: Option<i64>, found: i64, what: &'static str) -> Result<(), Self> {
        match expected {
            Some(expected) if expected != found => Err(Self::Stale { what, expected, found }),
            _ => Ok(()),
        }
    }

    /// Whether trying again later may help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether the database has let this work go because it and other work waited for each other: nothing of it was done, and
    /// it can be done again at once.
    pub fn is_given_way(&self) -> bool {
        matches!(self.code(), Some("40001" | "40P01"))
    }

    /// Why the database cannot be used now, and what helps, each in words for whoever asked for something.
    pub fn unavailable(&self) -> (&'static str, &'static str) {
        match self.code() {
            Some("40001" | "40P01") => (
                "other work on the same objects came first, and this gave way to it",
                "try again; nothing of it was done",
            ),
            Some("53100") => {
                ("the disk of the controller's database is full", "make room there; nothing that was stored is lost")
            }
            Some(code) if code.starts_with("53") => {
                ("the controller's database has no room for more work", "try again; nothing that was stored is lost")
            }
            _ => (
                "the controller's database cannot be reached",
                "try again; if it stays so, see that the database runs: the log of the controller says what is wrong. Sites go on meanwhile, and nothing is lost",
            ),
        }
    }

    /// What PostgreSQL calls the reason for which the database is unavailable.
    fn code(&self) -> Option<&str> {
        let Self::Unavailable(error) = self else { return None };
        Some(error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?.code())
    }

    /// Reads the error of a statement that deletes: a broken reference means that something still needs the object.
    pub(crate) fn on_delete(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.try_downcast_ref::<PgDatabaseError>()) {
            Some(e) if e.code() == "23503" => Self::InUse { by: words(e.table().unwrap_or("another object")) },
            _ => error.into(),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => Self::Unavailable(error),
            // The server hung up in the middle of an answer.
            E::Protocol(_) => Self::Unavailable(error),
            E::Database(e) => match e.try_downcast_ref::<PgDatabaseError>() {
                Some(e) => match refused(e) {
                    Some(refused) => refused,
                    None if transient(e.code()) => Self::Unavailable(error),
                    None => Self::Database(error),
                },
                None => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

/// What the database refused, if it refused something.
fn refused(e: &PgDatabaseError) -> Option<StoreError> {
    let table = || words(e.table().unwrap_or("object"));
    let constraint = e.constraint().unwrap_or_default();
    Some(match e.code() {
        // unique_violation
        "23505" if constraint.ends_with("_name_key") || constraint == "site_class_pkey" => {
            StoreError::NameTaken { what: table() }
        }
        "23505" => StoreError::Exists { what: table() },
        // foreign_key_violation
        "23503" => {
            let column = constraint.strip_prefix(e.table().unwrap_or_default()).unwrap_or(constraint);
            let column = column.trim_start_matches('_').trim_end_matches("_fkey").trim_end_matches("_id");
            StoreError::Unknown { what: words(column) }
        }
        // check_violation
        "23514" => StoreError::Invalid { what: constraint.to_owned() },
        // not_null_violation, untranslatable_character, invalid byte sequence, numeric and datetime out of range
        "23502" | "22P05" | "22021" | "22003" | "22008" => StoreError::Invalid { what: e.message().to_owned() },
        _ => return None,
    })
}

/// Whether an error of this class passes: connections, resources, shutdown, serialisation.
fn transient(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "53" | "58")) || code.starts_with("57P") || matches!(code, "40001" | "40P01")
}

fn words(name: &str) -> String {
    match name {
        "member" => "site".to_owned(),
        "site_class" => "class".to_owned(),
        "subject" => "user".to_owned(),
        "subject_group" => "group".to_owned(),
        "api_token" => "token".to_owned(),
        _ => name.replace('_', " "),
    }
}
