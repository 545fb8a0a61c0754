use serde_json::json;

use super::*;

fn status(sites: &[(&str, &str, bool, bool)], links: &[(&str, &str, u32, &str)]) -> BackboneStatus {
    let id = "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00";
    let sites: Vec<_> = sites
        .iter()
        .map(|(name, state, connected, draining)| {
            json!({
                "id": id, "name": name, "state": state, "connected": connected, "draining": draining,
                "last_seen": "2027-01-31T09:00:57Z", "trust_version": 6
            })
        })
        .collect();
    let links: Vec<_> = links
        .iter()
        .map(|(from, to, cost, state)| {
            let mut link = json!({
                "id": id, "from": from, "to": to, "access": "main", "cost": cost, "transport": "direct", "state": state
            });
            if *state == "up" {
                link["rtt_ms"] = json!(0.4);
                link["seen"] = json!("2027-01-31T08:58:00Z");
                link["traffic"] = json!({
                    "bytes_in": 1_234_567, "bytes_out": 999, "bytes_in_per_second": 12_345, "bytes_out_per_second": 0
                });
            }
            link
        })
        .collect();
    let status = json!({
        "backbone": "europe", "healthy": false, "at": "2027-01-31T09:01:00Z", "trust_version": 7, "sites": sites,
        "links": links
    });
    serde_json::from_value(status).expect("a status")
}

fn up(name: &str) -> (&str, &str, bool, bool) {
    (name, "deployed", true, false)
}

#[test]
fn a_ring_with_a_tail_is_a_tree_whose_ring_is_closed_by_a_reference() {
    let status = status(
        &[up("bern"), up("oslo"), up("rome"), ("ulm", "defined", false, false)],
        &[
            ("rome", "bern", 1, "up"),
            ("oslo", "bern", 10, "up"),
            ("rome", "oslo", 2, "down"),
            ("ulm", "oslo", 1, "unknown"),
        ],
    );
    assert_eq!(
        picture::draw(&status),
        "\
oslo ●
├─▶ bern ●  10, 0.4 ms
│   └─◀ rome ●  1, 0.4 ms
│       └─▶ (oslo)  2, down
└─◀ ulm ○  1, unknown
"
    );
}

#[test]
fn islands_stand_beside_each_other() {
    let status = status(
        &[up("a"), ("b", "deployed", true, true), ("c", "deployed", false, false), up("d")],
        &[("a", "b", 1, "up")],
    );
    assert_eq!(picture::draw(&status), "a ●\n└─▶ b ◐  1, 0.4 ms\nc ✗\nd ●\n");
}

#[test]
fn a_double_link_is_drawn_twice() {
    let status = status(&[up("a"), up("b")], &[("a", "b", 1, "up"), ("b", "a", 5, "up")]);
    assert_eq!(picture::draw(&status), "a ●\n└─▶ b ●  1, 0.4 ms\n    └─▶ (a)  5, 0.4 ms\n");
}

#[test]
fn everything_is_told_with_its_age() {
    let status = status(&[up("bern"), ("rome", "deployed", true, true)], &[("rome", "bern", 3, "up")]);
    let text = for_people(&status);
    assert!(
        text.starts_with("backbone europe: 2/2 sites up, 1/1 links up, trust version 7 in force at 0/2\n"),
        "{text}"
    );
    let rome = text.lines().find(|line| line.starts_with("rome  deployed")).expect("a line for the site");
    for part in ["deployed, draining", "connected", "3s ago", "6 (not 7 yet)"] {
        assert!(rome.contains(part), "{part}: {rome}");
    }
    let link = text.lines().find(|line| line.starts_with("rome  bern/main")).expect("a line for the link");
    for part in ["direct", "3", "up", "0.4", "12.3 kB/s", "0 B/s", "1.2 MB", "999 B", "3m ago"] {
        assert!(link.contains(part), "{part}: {link}");
    }
}

#[test]
fn bytes_are_short() {
    for (count, text) in [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (99_999, "99.9 kB"), (123_456, "123 kB")] {
        assert_eq!(bytes(count), text);
    }
    assert_eq!(bytes(u64::MAX), "18446 PB");
}
