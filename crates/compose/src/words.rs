//! Words of others, made such that a terminal takes them for words and nothing else.

/// A text on one line: every character that would steer a terminal, or the direction of the text, is named instead.
pub fn harmless(words: &str) -> String {
    shown(words, &[])
}

/// The same of a text of several lines: line ends and tabs stay.
pub fn harmless_lines(words: &str) -> String {
    shown(words, &['\n', '\t'])
}

/// Names are those of JSON: what is JSON stays so.
fn shown(words: &str, keep: &[char]) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        if steers(c) && !keep.contains(&c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_named_and_does_nothing() {
        assert_eq!(harmless("a\tb\n\u{1b}[2K\u{9b}1A é\r"), "a\\u0009b\\u000a\\u001b[2K\\u009b1A é\\u000d");
        assert_eq!(harmless_lines("a\tb\n\u{1b}[2K\u{202e}x"), "a\tb\n\\u001b[2K\\u202ex");
        let json = serde_json::to_string(&["\u{9b}2J", "\u{202e}"]).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&harmless_lines(&json)).expect("JSON"),
            ["\u{9b}2J", "\u{202e}"]
        );
    }
}
