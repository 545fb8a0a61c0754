//! A page that needs nothing but itself: no script, and nothing from anywhere else.

use data_encoding::BASE64;

use crate::{Format, Invitation, Program, container::Platform, text};

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"referrer\" content=\"no-referrer\">\n";

const STYLE: &str = "<style>\n\
    :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }\n\
    body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }\n\
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem }\n\
    dt { font-weight: 600 }\n\
    dd { margin: 0; overflow-wrap: anywhere }\n\
    pre { overflow-x: auto; padding: .75rem; border: 1px solid; border-radius: .25rem }\n\
    .warning { border-left: .25rem solid; padding-left: .75rem }\n\
    </style>\n";

pub(crate) fn page(invitation: &Invitation<'_>) -> String {
    let title = text::title(invitation);
    let mut body = format!("<h1>{}</h1>\n", escaped(&title));
    body += &list(&text::facts(invitation));
    body += &paragraph(
        "warning",
        "This page contains a key: whoever has it can join. Pass it on like a password. \
         The site needs no account and no open port, only outbound connectivity.",
    );
    body += &carried(invitation);
    body += &linux(invitation);
    body += &paste(invitation);
    body += &containers(invitation);
    format!("{HEAD}<title>{}</title>\n{STYLE}</head>\n<body>\n{body}</body>\n</html>\n", escaped(&title))
}

fn carried(invitation: &Invitation<'_>) -> String {
    let ticket = invitation.ticket;
    let until = ticket.deadline.or(ticket.end);
    let until = until.map_or_else(String::new, |until| format!(", until {}", text::moment(until)));
    let items = [
        format!(
            "a certificate and its key, which can do one thing: ask to become a member of {}{until}",
            ticket.network_name
        ),
        "the certificates of the authority whose routers the site trusts".to_owned(),
        "where the site connects to, as above".to_owned(),
    ];
    let items: String = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))).collect();
    format!("<h2>What it carries</h2>\n<ul>\n{items}</ul>\n<p>The site makes its own key, which never leaves it.</p>\n")
}

fn linux(invitation: &Invitation<'_>) -> String {
    let mut commands = Vec::new();
    if let Program::Download { url, sha256 } = &invitation.source.program {
        commands.push(format!("curl --fail --location --output skx '{url}'"));
        commands.push(format!("echo '{sha256}  skx' | sha256sum --check && chmod +x skx"));
    }
    let skx = if commands.is_empty() { "skx" } else { "./skx" };
    let file = format!("{}.{}", invitation.stem(), text::INVITATION);
    commands.push(format!("{skx} join {file}"));
    let content = text::invitation(invitation, Format::Linux);
    format!(
        "<h2>Linux</h2>\n{}<p>Save {}, and run:</p>\n{}<p>Or, for a service that starts with the machine, instead of the last line:</p>\n{}",
        list(&text::program(invitation.source)),
        link(&file, &content),
        preformatted(&commands.join("\n")),
        preformatted(&format!("sudo {skx} site install {file}"))
    )
}

fn paste(invitation: &Invitation<'_>) -> String {
    format!(
        "<h2>Text to paste</h2>\n<p>Run <code>skx join -</code>, paste this text, then press Ctrl-D:</p>\n{}",
        preformatted(invitation.armoured().trim_end())
    )
}

fn containers(invitation: &Invitation<'_>) -> String {
    let Some(image) = &invitation.source.image else {
        return "<h2>Containers and Kubernetes</h2>\n<p>Who invites you has not said which image to use. Join on Linux, or ask.</p>\n"
            .to_owned();
    };
    let site = invitation.workload();
    let pinned = list(&[("Image", image.to_string())]);
    [("Docker", Platform::Compose), ("Podman", Platform::Quadlet), ("Kubernetes", Platform::Kubernetes)]
        .into_iter()
        .map(|(name, platform)| {
            let file = site.render(platform, image);
            let how = preformatted(&site.how(platform).join("\n"));
            format!("<h2>{name}</h2>\n{pinned}<p>Save {}, and run:</p>\n{how}", link(&file.file_name, &file.text))
        })
        .collect()
}

fn list(facts: &[text::Fact]) -> String {
    let facts: String =
        facts.iter().map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value))).collect();
    format!("<dl>\n{facts}</dl>\n")
}

fn paragraph(class: &str, words: &str) -> String {
    format!("<p class=\"{class}\">{}</p>\n", escaped(words))
}

fn preformatted(text: &str) -> String {
    // A line break after the tag is none of the text's.
    format!("<pre>\n{}\n</pre>\n", escaped(text))
}

/// A file within the page.
fn link(name: &str, content: &str) -> String {
    let name = escaped(name);
    let data = BASE64.encode(content.as_bytes());
    format!("<a download=\"{name}\" href=\"data:application/octet-stream;base64,{data}\">{name}</a>")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
