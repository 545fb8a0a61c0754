//! Why each object is there.

use std::fmt::Write;

use super::{Rendered, Scope};

impl Rendered {
    /// What the site gets and why, as a person reads it.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{} at {} ({})", self.release, self.site, self.platform.as_str());
        let mut section = |title: &str, lines: Vec<(String, Vec<String>)>| {
            if lines.is_empty() {
                return;
            }
            let _ = writeln!(out, "\n{title}");
            for (what, why) in lines {
                let _ = writeln!(out, "  {what}");
                for reason in why {
                    let _ = writeln!(out, "    because {reason}");
                }
            }
        };
        section(
            "parts",
            self.instances.iter().map(|i| (format!("{} ({})", i.path, i.block), vec![i.why.clone()])).collect(),
        );
        let listener = |l: &super::Listener| {
            let whom = match l.scope {
                Scope::Loopback => "processes",
                Scope::Containers => "containers",
                Scope::Namespace => "the namespace",
                Scope::Outside => "the outside",
            };
            (format!("{} at {}:{}, for {whom}", l.address, l.host, l.port), l.why.clone())
        };
        section("listeners", self.listeners.iter().map(listener).collect());
        let connector = |c: &super::Connector| (format!("{} to {}:{}", c.address, c.host, c.port), vec![c.why.clone()]);
        section("connectors", self.connectors.iter().map(connector).collect());
        section("objects", self.objects.iter().map(|o| (format!("{} {}", o.kind, o.name), o.why.clone())).collect());
        let needs = |n: &super::Needed| (n.name.clone(), n.why.iter().map(|w| format!("{w} needs it")).collect());
        section("secrets", self.secrets.iter().map(needs).collect());
        out
    }
}
