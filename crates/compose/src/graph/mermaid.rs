//! Mermaid.

use std::fmt::Write;

use super::{Drawing, Shape};

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, (place, nodes)) in drawing.places().into_iter().enumerate() {
        let indent = if let Some(place) = place {
            let _ = writeln!(out, "  subgraph p{number}[\"{}\"]", text(place));
            "    "
        } else {
            "  "
        };
        for i in nodes {
            let node = &drawing.nodes[i];
            let (open, close) = match node.shape {
                Shape::Component => ("[", "]"),
                Shape::Connector => ("{{", "}}"),
                Shape::Point => ("([", "])"),
                Shape::Participants => ("[/", "/]"),
            };
            let _ = writeln!(out, "{indent}n{i}{open}\"{}<br>{}\"{close}", text(&node.title), text(&node.subtitle));
        }
        if place.is_some() {
            out.push_str("  end\n");
        }
    }
    for edge in &drawing.edges {
        let arrow = if edge.optional { "-.->" } else { "-->" };
        let _ = writeln!(out, "  n{} {arrow}|\"{}\"| n{}", edge.from, text(&edge.label), edge.to);
    }
    out
}

fn text(text: &str) -> String {
    text.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
