//! A picture of the topology in text, drawn from what the controller and the sites say at this moment.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;
use testkit::process::eventually;

use crate::{build::RELAYS, stage::Stage};

/// What is to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    /// The relays that have a session with the controller.
    relays_up: Vec<String>,
    /// The round-trip time of each link that is up, in milliseconds; by its ends in the order of the alphabet.
    links_up: BTreeMap<(String, String), Option<f64>>,
    members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq)]
struct Member {
    name: String,
    state: String,
    connected: bool,
    /// The relay it is attached to.
    at: Option<String>,
}

/// Where things stand; columns and rows from 0.
const NORTH: (usize, usize) = (0, 41);
const WEST: (usize, usize) = (3, 25);
const EAST: (usize, usize) = (3, 52);

impl Picture {
    /// Reads the answers of `skx backbone status -o json` and `skx member list -o json`; `at` says to which relay a member
    /// is attached.
    fn read(status: &Value, members: &Value, at: impl Fn(&str) -> Option<String>) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_up = |site: &&Value| site["connected"].as_bool() == Some(true);
        let pair = |a: String, b: String| if a < b { (a, b) } else { (b, a) };
        let links = list(&status["links"]).into_iter().filter(|link| link["state"] == "up");
        Self {
            relays_up: list(&status["sites"]).iter().filter(is_up).map(|site| word(&site["name"])).collect(),
            links_up: links
                .map(|link| (pair(word(&link["from"]), word(&link["to"])), link["rtt_ms"].as_f64()))
                .collect(),
            members: list(&members["items"])
                .iter()
                .map(|member| Member {
                    name: word(&member["name"]),
                    state: word(&member["state"]),
                    connected: member["connected"].as_bool() == Some(true),
                    at: at(member["name"].as_str().unwrap_or_default()),
                })
                .collect(),
        }
    }

    /// The picture, line by line.
    pub(crate) fn draw(&self) -> Vec<String> {
        let mut canvas = Canvas::default();
        canvas.put(NORTH, &format!("{} north", self.dot("north")));
        canvas.put((WEST.0, WEST.1), &format!("west {}", self.dot("west")));
        canvas.put((EAST.0, EAST.1), &format!("{} east", self.dot("east")));
        for (row, left, right) in [(1, 38, 44), (2, 34, 48)] {
            canvas.put((row, left), if self.link("north", "west").is_some() { "╱" } else { "·" });
            canvas.put((row, right), if self.link("east", "north").is_some() { "╲" } else { "·" });
        }
        let time = |rtt: Option<Option<f64>>| match rtt {
            Some(Some(rtt)) => format!("{rtt:.1} ms"),
            Some(None) => String::new(),
            None => "down".to_owned(),
        };
        let (left, right) = (time(self.link("north", "west")), time(self.link("east", "north")));
        canvas.put((1, 37_usize.saturating_sub(left.chars().count())), &left);
        canvas.put((1, 46), &right);
        let straight = self.link("east", "west");
        let line = if straight.is_some() { "─" } else { "·" };
        let label = time(straight);
        let (from, to) = (WEST.1 + 7, EAST.1 - 1);
        for column in from..to {
            canvas.put((WEST.0, column), line);
        }
        let label = if label.is_empty() { label } else { format!(" {label} ") };
        canvas.put((WEST.0, (from + to).saturating_sub(label.chars().count()) / 2), &label);
        self.draw_members(&mut canvas);
        canvas.lines()
    }

    /// West's members stand left of it, all others right.
    fn draw_members(&self, canvas: &mut Canvas) {
        let (mut left, mut right) = (WEST.0, EAST.0);
        for member in &self.members {
            let attached = member.connected && member.state == "member";
            let name = if attached { member.name.clone() } else { format!("{} ({})", member.name, member.word()) };
            let dot = if attached { "●" } else { "○" };
            if member.at.as_deref() == Some("west") {
                canvas.put((left, 19_usize.saturating_sub(name.chars().count())), &format!("{name} {dot}"));
                if attached {
                    canvas.put((left, 22), if left == WEST.0 { "──" } else { "─┘" });
                }
                left += 1;
            } else {
                let arm = match &member.at {
                    Some(at) if attached && at == "east" => if right == EAST.0 { "── " } else { "└─ " }.to_owned(),
                    Some(at) if attached => format!("{at} ── "),
                    _ => "   ".to_owned(),
                };
                canvas.put((right, EAST.1 + 7), &format!("{arm}{dot} {name}"));
                right += 1;
            }
        }
    }

    fn dot(&self, relay: &str) -> &'static str {
        if self.relays_up.iter().any(|it| it == relay) { "●" } else { "○" }
    }

    /// Whether two relays are linked, and their round-trip time; `a` before `b` in the alphabet.
    fn link(&self, a: &str, b: &str) -> Option<Option<f64>> {
        self.links_up.get(&(a.to_owned(), b.to_owned())).copied()
    }
}

impl Member {
    fn word(&self) -> &str {
        if self.state == "member" { "away" } else { &self.state }
    }
}

#[derive(Default)]
struct Canvas(Vec<Vec<char>>);

impl Canvas {
    fn put(&mut self, (row, column): (usize, usize), text: &str) {
        if self.0.len() <= row {
            self.0.resize(row + 1, Vec::new());
        }
        let line = &mut self.0[row];
        let end = column + text.chars().count();
        if line.len() < end {
            line.resize(end, ' ');
        }
        for (cell, c) in line[column..].iter_mut().zip(text.chars()) {
            *cell = c;
        }
    }

    fn lines(self) -> Vec<String> {
        self.0.into_iter().map(|line| String::from_iter(line).trim_end().to_owned()).collect()
    }
}

impl Stage<'_> {
    /// Shows the topology as it is now.
    pub(crate) async fn picture(&self) -> Result<()> {
        let picture = self.look().await?;
        self.show.note(&format!("\n{}\n\n", picture.draw().join("\n")));
        Ok(())
    }

    /// The topology as it is now.
    pub(crate) async fn look(&self) -> Result<Picture> {
        let status = self.cli.run(&["backbone", "status", "continent", "-o", "json"]).await?;
        // A backbone that is not whole is an answer, too, with exit status 1.
        let status = serde_json::from_str(&status.stdout)?;
        let members = self.cli.json(&["member", "list", "retail"]).await?;
        Ok(Picture::read(&status, &members, |name| self.attached_at(name)))
    }

    /// Waits until the controller knows that a relay is gone.
    pub(crate) async fn until_down(&self, relay: &str) -> Result<()> {
        eventually(&format!("{relay} is seen to be gone"), async || {
            let picture = self.look().await.ok()?;
            let linked = picture.links_up.keys().any(|(a, b)| a == relay || b == relay);
            (!linked && picture.dot(relay) == "○").then_some(())
        })
        .await
    }

    /// The relay whose access point a member linked with last.
    fn attached_at(&self, member: &str) -> Option<String> {
        let mut lines = self.lines_of(member);
        if lines.is_empty() {
            // The person's own site runs in another terminal.
            let log = std::fs::read_to_string(self.dir.join("logs").join(member)).unwrap_or_default();
            lines = log.lines().map(str::to_owned).collect();
        }
        let linked = lines.iter().rev().find_map(|line| line.split_once("linked to access point "))?.1;
        let at =
            RELAYS.iter().find(|relay| self.built.relay(relay).is_ok_and(|at| linked.contains(&format!("({at})"))));
        at.map(|relay| (*relay).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draw(status: &Value, members: &Value) -> String {
        let at = |name: &str| match name {
            "headquarters" => Some("east".to_owned()),
            "you" => Some("north".to_owned()),
            _ => Some("west".to_owned()),
        };
        Picture::read(status, members, at).draw().join("\n")
    }

    fn member(name: &str, state: &str, connected: bool) -> Value {
        json!({"name": name, "state": state, "connected": connected})
    }

    #[test]
    fn a_whole_ring_is_drawn_whole() {
        let status = json!({
            "sites": [{"name": "north", "connected": true}, {"name": "east", "connected": true}, {"name": "west", "connected": true}],
            "links": [
                {"from": "west", "to": "north", "state": "up", "rtt_ms": 0.31},
                {"from": "east", "to": "north", "state": "up", "rtt_ms": 12.04},
                {"from": "west", "to": "east", "state": "up", "rtt_ms": 0.5},
            ],
        });
        let members = json!({"items": [
            member("headquarters", "member", true), member("store-1", "member", true), member("store-2", "member", true),
            member("you", "member", true),
        ]});
        let expected = "
                                         ● north
                               0.3 ms ╱     ╲ 12.0 ms
                                  ╱             ╲
            store-1 ● ── west ● ───── 0.5 ms ────── ● east ── ● headquarters
            store-2 ● ─┘                                   north ── ● you";
        assert_eq!(format!("\n{}", draw(&status, &members)), expected);
    }

    #[test]
    fn what_is_down_or_gone_is_seen_to_be() {
        let status = json!({
            "sites": [{"name": "north", "connected": false}, {"name": "east", "connected": true}, {"name": "west", "connected": true}],
            "links": [
                {"from": "west", "to": "north", "state": "down"},
                {"from": "east", "to": "north", "state": "down"},
                {"from": "west", "to": "east", "state": "up"},
            ],
        });
        let members = json!({"items": [
            member("headquarters", "member", false), member("store-1", "member", true), member("store-2", "evicted", false),
        ]});
        let expected = "
                                         ○ north
                                 down ·     · down
                                  ·             ·
            store-1 ● ── west ● ─────────────────── ● east    ○ headquarters (away)
  store-2 (evicted) ○";
        assert_eq!(format!("\n{}", draw(&status, &members)), expected);
    }
}
