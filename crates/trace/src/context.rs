use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom as _, SystemRandom};

/// Where a span is: in which trace, and which of its spans it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanContext {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    /// Whether whoever began the trace wants it recorded.
    pub(crate) sampled: bool,
}

/// That is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "that is no traceparent: 00-TRACE-SPAN-FLAGS with 32, 16 and 2 lower-case hexadecimal digits, not all of them 0"
)]
pub struct InvalidContext;

impl SpanContext {
    /// The first span of a new trace.
    pub(crate) fn root() -> Self {
        Self { trace: random(), span: random(), sampled: true }
    }

    /// Another span of the same trace.
    pub(crate) fn child(self) -> Self {
        Self { span: random(), ..self }
    }
}

/// Bytes of which nobody else has the same.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes
}

/// As `traceparent`, version 00.
impl fmt::Display for SpanContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (HEXLOWER.encode(&self.trace), HEXLOWER.encode(&self.span));
        write!(f, "00-{trace}-{span}-{:02x}", u8::from(self.sampled))
    }
}

impl FromStr for SpanContext {
    type Err = InvalidContext;

    /// Later versions may add to what version 00 has, and are read as far as that.
    fn from_str(text: &str) -> Result<Self, InvalidContext> {
        let mut parts = text.splitn(5, '-');
        let version = hex::<1>(parts.next())?[0];
        let (trace, span, flags) = (hex::<16>(parts.next())?, hex::<8>(parts.next())?, hex::<1>(parts.next())?[0]);
        let surplus = parts.next().is_some();
        if version == 0xff || (version == 0 && surplus) || trace == [0; 16] || span == [0; 8] {
            return Err(InvalidContext);
        }
        Ok(Self { trace, span, sampled: flags & 1 == 1 })
    }
}

fn hex<const N: usize>(text: Option<&str>) -> Result<[u8; N], InvalidContext> {
    let bytes = HEXLOWER.decode(text.unwrap_or_default().as_bytes()).map_err(|_| InvalidContext)?;
    bytes.try_into().map_err(|_| InvalidContext)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn what_a_traceparent_says_is_read_and_written_as_it_was() {
        for flags in ["00", "01"] {
            let text = format!("00-{TRACE}-00f067aa0ba902b7-{flags}");
            let read: SpanContext = text.parse().expect("it is one");
            assert_eq!((read.to_string(), read.sampled), (text, flags == "01"));
        }
        let later: SpanContext = format!("01-{TRACE}-00f067aa0ba902b7-03-more").parse().expect("as far as 00 goes");
        assert_eq!(later.to_string(), format!("00-{TRACE}-00f067aa0ba902b7-01"));
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        for text in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-00f067aa0ba902b7"),
            format!("00-{TRACE}-00f067aa0ba902b7-1"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
        ] {
            assert_eq!(text.parse::<SpanContext>(), Err(InvalidContext), "{text}");
        }
    }
}
