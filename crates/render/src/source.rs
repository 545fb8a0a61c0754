//! Where the program and its image come from. What is not known is not named.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// Where the program and its image come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The program.
    pub program: Program,
    /// The image with the program, if there is one.
    pub image: Option<Image>,
}

/// Where the program comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// From here.
    Download {
        /// The executable itself.
        url: ProgramUrl,
        /// Its digest.
        sha256: Sha256,
    },
    /// From the inviter: the very program that rendered the invitation.
    Own {
        /// Its version.
        version: String,
        /// What it runs on, such as `linux x86_64`.
        platform: String,
        /// Its digest.
        sha256: Sha256,
    },
}

impl Program {
    /// Its digest.
    pub fn sha256(&self) -> &Sha256 {
        match self {
            Self::Download { sha256, .. } | Self::Own { sha256, .. } => sha256,
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Download { url, .. } => url.fmt(f),
            Self::Own { version, platform, .. } => {
                write!(f, "skx {version} for {platform}; ask who invites you where to get it")
            }
        }
    }
}

/// What a source cannot be, and what it can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not acceptable; give {wanted}")]
pub struct InvalidSource {
    given: String,
    wanted: &'static str,
}

/// Checks what others copy into files and shells: it must need no quoting anywhere.
fn checked(given: &str, fine: bool, also: &str, wanted: &'static str) -> Result<String, InvalidSource> {
    const MOST: usize = 1024;
    let plain = given.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
    if fine && plain && given.len() <= MOST {
        return Ok(given.to_owned());
    }
    Err(InvalidSource { given: given.to_owned(), wanted })
}

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidSource;

            fn try_from(text: String) -> Result<Self, InvalidSource> {
                text.parse()
            }
        }
    };
}

text!(
    /// A container image, pinned by its digest: `registry.example.com/skx@sha256:…`.
    Image
);
text!(
    /// An `https` address of the executable.
    ProgramUrl
);
text!(
    /// A SHA-256 digest, in hexadecimal.
    Sha256
);

impl FromStr for Image {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let fine = text.split_once("@sha256:").is_some_and(|(name, digest)| {
            name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !name.contains('@') && is_hex(digest)
        });
        checked(text, fine, "._-/:@", "an image with its digest, such as registry.example.com/skx@sha256:…").map(Self)
    }
}

impl FromStr for ProgramUrl {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let fine =
            text.strip_prefix("https://").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        checked(text, fine, "._-/:~%+=?&,@", "an https:// URL of the program, with anything unusual in it %-encoded")
            .map(Self)
    }
}

impl FromStr for Sha256 {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        checked(text, is_hex(text), "", "64 digits, 0-9 and a-f, as sha256sum prints them").map(Self)
    }
}

impl From<[u8; 32]> for Sha256 {
    fn from(digest: [u8; 32]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_pinned_and_need_no_quoting() {
        let digest = "a".repeat(64);
        for fine in ["skx", "registry.example.com:5000/a/skx", "registry.example.com/skx:1.0"] {
            let image = format!("{fine}@sha256:{digest}");
            assert_eq!(image.parse::<Image>().map(|i| i.to_string()), Ok(image));
        }
        for bad in ["skx", "skx:latest", "skx@sha256:aa", "@sha256:", "sk x@sha256:", "$(x)@sha256:", "a@b@sha256:"] {
            assert!(bad.parse::<Image>().is_err(), "{bad}");
            assert!(format!("{bad}{digest}").parse::<Image>().is_err(), "{bad}");
        }
        assert!("https://example.com/skx?v=1&a=b".parse::<ProgramUrl>().is_ok());
        for bad in
            ["http://example.com/skx", "https://", "https://a/$(x)", "https://a/'", "https://a b", "javascript:x"]
        {
            assert!(bad.parse::<ProgramUrl>().is_err(), "{bad}");
        }
        assert!(digest.parse::<Sha256>().is_ok());
        for bad in ["", "A", &digest.to_uppercase(), &"g".repeat(64)] {
            assert!(bad.parse::<Sha256>().expect_err(bad).to_string().contains("sha256sum"));
        }
    }
}
