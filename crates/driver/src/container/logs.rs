//! What containers say: frames of two streams, taken apart into lines.

use crate::LogLine;

/// The lines in an answer of the engine, each with its time in front.
pub(super) fn lines(mut frames: &[u8]) -> Vec<LogLine> {
    let mut out = Vec::new();
    // A line may come in several frames; a frame may have several lines.
    let mut open = [Vec::new(), Vec::new()];
    while let [stream, _, _, _, a, b, c, d, rest @ ..] = frames {
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
        let (text, after) = rest.split_at(length.min(rest.len()));
        frames = after;
        let error = *stream == 2;
        let line = &mut open[usize::from(error)];
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                out.push(one(&std::mem::take(line), error));
            }
        }
    }
    let [said, failed] = open;
    out.extend([(said, false), (failed, true)].iter().filter(|(line, _)| !line.is_empty()).map(|(l, e)| one(l, *e)));
    out
}

fn one(line: &[u8], error: bool) -> LogLine {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches(['\n', '\r']);
    match text.split_once(' ').map(|(at, text)| (at.parse(), text)) {
        Some((Ok(at), text)) => LogLine { at: Some(at), error, text: text.to_owned() },
        _ => LogLine { at: None, error, text: text.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_become_lines_of_their_stream() {
        let frame = |stream: u8, text: &str| {
            let length = u32::try_from(text.len()).expect("it is short").to_be_bytes();
            [&[stream, 0, 0, 0], &length[..], text.as_bytes()].concat()
        };
        let time = "2026-01-02T03:04:05Z";
        let frames = [
            frame(1, &format!("{time} one\n{time} tw")),
            frame(2, &format!("{time} wrong\n")),
            frame(1, "o\n"),
            frame(1, "without a time"),
        ];
        let found: Vec<_> =
            lines(&frames.concat()).into_iter().map(|it| (it.at.is_some(), it.error, it.text)).collect();
        let all = [(true, false, "one"), (true, true, "wrong"), (true, false, "two"), (false, false, "without a time")];
        assert_eq!(found, all.map(|(at, error, text)| (at, error, text.to_owned())));
        assert!(lines(&[1, 0, 0]).is_empty());
    }
}
