//! The kinds of mistake.

use serde::Serialize;

macro_rules! codes {
    ($(#[doc = $doc:literal] $name:ident = $word:literal;)+) => {
        /// A kind of mistake. The words are stable: scripts may rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Code {
            $(#[doc = $doc] $name,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $doc.trim_ascii(),)+
                }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    Syntax = "syntax";
    /// A mapping has the same key twice.
    DuplicateKey = "duplicate-key";
    /// A mapping has a key that means nothing there.
    UnknownKey = "unknown-key";
    /// A key that must be there is missing.
    MissingKey = "missing-key";
    /// A value is of another type.
    WrongType = "wrong-type";
    /// A value is of the right type, but not one that is possible.
    InvalidValue = "invalid-value";
    /// The document is of a kind composition does not know.
    UnknownKind = "unknown-kind";
    /// The same name and version stand for different content.
    ConflictingVersion = "conflicting-version";
    /// No block has this name.
    UnknownBlock = "unknown-block";
    /// No interface type has this name.
    UnknownType = "unknown-type";
    /// No version is in the range.
    NoMatchingVersion = "no-matching-version";
    /// Blocks extend or contain each other in a circle.
    Cycle = "cycle";
    /// The composition has more parts than any application should.
    TooLarge = "too-large";
    /// A block lacks what its type needs, or has what its type excludes.
    InvalidBlock = "invalid-block";
    /// No application has this name.
    UnknownApplication = "unknown-application";
    /// The composite has no part of this name.
    UnknownPart = "unknown-part";
    /// The block has no interface of this name.
    UnknownInterface = "unknown-interface";
    /// The interface type has no such role.
    UnknownRole = "unknown-role";
    /// The types of two linked interfaces differ.
    TypeMismatch = "type-mismatch";
    /// The roles of two linked interfaces do not meet.
    RoleMismatch = "role-mismatch";
    /// The polarities of two linked interfaces do not join, or an interface's own is not its block type's.
    PolarityMismatch = "polarity-mismatch";
    /// The block cannot stand between the two ends of a link.
    UnfitConnector = "unfit-connector";
    /// An interface is bound to fewer peers than it needs.
    TooFewPeers = "too-few-peers";
    /// An interface is bound to more peers than it takes.
    TooManyPeers = "too-many-peers";
    /// What is exported is not what the composite says it is.
    ExportMismatch = "export-mismatch";
    /// Something needed depends on a part a site may decline.
    NeedsOptional = "needs-optional";
    /// No such configuration field.
    UnknownConfig = "unknown-config";
    /// A configuration field that must be set is not.
    MissingConfig = "missing-config";
    /// A configuration value does not fit its schema.
    InvalidConfig = "invalid-config";
    /// A secret is given as a value instead of by reference, or is made part of a text.
    SecretLiteral = "secret-literal";
    /// What an interface tells its peers does not fit its type.
    InvalidData = "invalid-data";
    /// An expression cannot be read.
    InvalidExpression = "invalid-expression";
    /// An expression names something that cannot exist there.
    UnknownReference = "unknown-reference";
    /// An expression failed.
    FailedExpression = "failed-expression";
    /// No such place.
    UnknownPlace = "unknown-place";
    /// A part's place is missing, or given where it follows from what the part connects.
    InvalidPlace = "invalid-place";
    /// A part has no body for a platform of its place.
    MissingBody = "missing-body";
    /// A body does not describe something that can run.
    InvalidBody = "invalid-body";
    /// What is left to participants cannot be.
    InvalidOpening = "invalid-opening";
    /// What a site says about itself does not fit the release.
    InvalidSite = "invalid-site";
    /// A deployment contradicts itself, or does not fit the release.
    InvalidDeployment = "invalid-deployment";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_code_is_the_same_in_text_and_json() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).expect("a code"), code.as_str());
            assert!(code.meaning().ends_with('.'), "{code}");
        }
    }
}
