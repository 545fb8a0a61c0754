//! Times as people write them.

use jiff::{SignedDuration, Timestamp};

/// Why a text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}; {hint}")]
pub struct InvalidTime {
    text: String,
    what: &'static str,
    hint: &'static str,
}

/// Reads an RFC 3339 time, or a distance from `now` such as `+30m`, `+8h`, `+7d`.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, InvalidTime> {
    let error = || InvalidTime {
        text: text.to_owned(),
        what: "time",
        hint: "give RFC 3339, such as 2027-01-31T09:00:00Z, or a distance from now, such as +30m, +8h, +7d",
    };
    match text.strip_prefix('+') {
        Some(distance) => {
            let distance = parse_duration(distance).map_err(|_| error())?;
            now.checked_add(distance).map_err(|_| error())
        }
        None => text.parse().map_err(|_| error()),
    }
}

/// Reads a duration in whole seconds, minutes, hours or days: `90s`, `30m`, `8h`, `7d`.
pub fn parse_duration(text: &str) -> Result<SignedDuration, InvalidTime> {
    let error = || InvalidTime {
        text: text.to_owned(),
        what: "duration",
        hint: "give a number and a unit, such as 90s, 30m, 8h, 7d",
    };
    let unit_at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at)).ok_or_else(error)?;
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(error()),
    };
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error());
    }
    let number: i64 = number.parse().map_err(|_| error())?;
    number.checked_mul(seconds).map(SignedDuration::from_secs).ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_from_now() {
        let now = Timestamp::from_second(1_000).expect("in range");
        let at = |text| parse_time(text, now).expect(text).as_second();
        assert_eq!(at("+90s"), 1_090);
        assert_eq!(at("+30m"), 2_800);
        assert_eq!(at("+1d"), 87_400);
        assert_eq!(at("1970-01-01T00:00:05Z"), 5);
    }

    #[test]
    fn mistakes_are_refused() {
        let now = Timestamp::UNIX_EPOCH;
        for bad in ["", "+", "+m", "+-1m", "+1", "+1w", "+1.5h", "tomorrow", "2027-01-31", "+99999999999999999d", "+é"]
        {
            assert!(parse_time(bad, now).is_err(), "{bad}");
        }
    }
}
