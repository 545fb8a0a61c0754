//! SVG, laid out in layers: whoever uses is left of whom it uses.

use std::fmt::Write;

use super::{Drawing, Shape};

const WIDTH: usize = 190;
const HEIGHT: usize = 62;
const GAP_X: usize = 130;
const GAP_Y: usize = 26;
const MARGIN: usize = 24;
const TOP: usize = 48;

pub(super) fn write(drawing: &Drawing) -> String {
    let spots = layout(drawing);
    let right = spots.iter().map(|(x, _)| x + WIDTH).max().unwrap_or(0) + MARGIN;
    let bottom = spots.iter().map(|(_, y)| y + HEIGHT).max().unwrap_or(0) + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {right} {bottom}\" width=\"{right}\" height=\"{bottom}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>{0}</title>\n<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" \
         refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" \
         fill=\"#4d5258\"/></marker></defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<text x=\"{MARGIN}\" \
         y=\"28\" font-size=\"16\" fill=\"#151515\">{0}</text>\n",
        text(&drawing.title)
    );
    for edge in &drawing.edges {
        let ((x1, y1), (x2, y2)) = (spots[edge.from], spots[edge.to]);
        let (x1, y1, x2, y2) = (x1 + WIDTH, y1 + HEIGHT / 2, x2, y2 + HEIGHT / 2);
        let bend = GAP_X / 2;
        let dashes = if edge.optional { " stroke-dasharray=\"5 4\"" } else { "" };
        let _ = writeln!(
            out,
            "<path d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#4d5258\"{dashes} marker-end=\"url(#arrow)\"/>",
            x1 + bend,
            x2.saturating_sub(bend)
        );
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#4d5258\">{}</text>",
            usize::midpoint(x1, x2),
            usize::midpoint(y1, y2).saturating_sub(5),
            text(&edge.label)
        );
    }
    for (node, (x, y)) in drawing.nodes.iter().zip(&spots) {
        let (fill, stroke, radius) = match node.shape {
            Shape::Component => ("#e0f0ff", "#0066cc", 4),
            Shape::Connector => ("#f2f2f2", "#4d5258", 20),
            Shape::Point => ("#fff4cc", "#b98412", HEIGHT / 2),
            Shape::Participants => ("#e9f7df", "#3d7317", 4),
        };
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{radius}\" fill=\"{fill}\" stroke=\"{stroke}\"/>"
        );
        let place = node.place.as_ref().map(|p| format!("at {p}")).unwrap_or_default();
        let middle = x + WIDTH / 2;
        for (line, size, what) in [(20, 13, &node.title), (37, 11, &node.subtitle), (53, 11, &place)] {
            let _ = writeln!(
                out,
                "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"{size}\" fill=\"#151515\">{}</text>",
                y + line,
                text(&shortened(what))
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Each node's corner: its column is the longest way to it, its row the order within the column.
fn layout(drawing: &Drawing) -> Vec<(usize, usize)> {
    let count = drawing.nodes.len();
    let mut column = vec![0_usize; count];
    // A circle would push its nodes right for ever: as many rounds as there are nodes are enough for anything else.
    for _ in 0..count {
        let mut moved = false;
        for edge in drawing.edges.iter().filter(|e| e.from != e.to) {
            let wanted = (column[edge.from] + 1).min(count.saturating_sub(1));
            if column[edge.to] < wanted {
                column[edge.to] = wanted;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut used: Vec<usize> = column.clone();
    used.sort_unstable();
    used.dedup();
    let mut rows = vec![0_usize; used.len()];
    column
        .into_iter()
        .map(|c| {
            let c = used.binary_search(&c).unwrap_or_default();
            let row = rows[c];
            rows[c] += 1;
            (MARGIN + c * (WIDTH + GAP_X), TOP + row * (HEIGHT + GAP_Y))
        })
        .collect()
}

/// What fits into a box.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 28 { text.to_owned() } else { text.chars().take(27).chain(['…']).collect() }
}

fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
