//! DOT.

use std::fmt::Write;

use super::{Drawing, Shape};

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n", text(&drawing.title));
    for (number, (place, nodes)) in drawing.places().into_iter().enumerate() {
        let indent = if let Some(place) = place {
            let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", text(place));
            "    "
        } else {
            "  "
        };
        for i in nodes {
            let node = &drawing.nodes[i];
            let shape = match node.shape {
                Shape::Component => "box",
                Shape::Connector => "hexagon",
                Shape::Point => "oval",
                Shape::Participants => "parallelogram",
            };
            let label = text(&format!("{}\n{}", node.title, node.subtitle));
            let _ = writeln!(out, "{indent}n{i} [label={label}, shape={shape}];");
        }
        if place.is_some() {
            out.push_str("  }\n");
        }
    }
    for edge in &drawing.edges {
        let style = if edge.optional { ", style=dashed" } else { "" };
        let _ = writeln!(out, "  n{} -> n{} [label={}{style}];", edge.from, edge.to, text(&edge.label));
    }
    out.push_str("}\n");
    out
}

fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
