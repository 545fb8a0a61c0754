//! Properties: the order in which things are written makes no difference, the newest version in range is taken, peers are counted
//! right, and nothing that is read makes the loader fall over.

use compose::{Code, Library, Source, build::build};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

const SHOP: &str = include_str!("documents/shop.yaml");

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_str_multiple(text).expect("YAML")
}

/// A value as JSON, which is YAML, with the keys of every mapping in an order that `picks` decide.
fn shuffled(value: &Value, picks: &mut dyn FnMut(usize) -> usize) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            let mut parts = Vec::new();
            while !keys.is_empty() {
                let key = keys.swap_remove(picks(keys.len()));
                parts.push(format!("{}: {}", Value::from(key.as_str()), shuffled(&map[key], picks)));
            }
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(|item| shuffled(item, picks)).collect();
            format!("[{}]", parts.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn digest(sources: &[Source]) -> String {
    let (library, problems) = Library::load(sources);
    assert!(problems.is_empty(), "{problems}");
    build(&library, "shop").unwrap_or_else(|problems| panic!("{problems}")).digest()
}

/// `clients` that need `min` to `max` peers each, and one server for each of `servers`; `links` from clients to servers.
fn wired(clients: usize, min: u32, max: Option<u32>, servers: usize, links: &[(usize, usize)]) -> String {
    let max = max.map(|m| format!(", max: {m}")).unwrap_or_default();
    let mut text = format!(
        "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: client, version: 1.0.0}}\nspec:\n  type: component\n  \
         interfaces: {{out: {{type: tcp, role: connect, bind: {{min: {min}{max}}}}}}}\n  bodies: {{any: {{workload: {{image: a}}}}}}\n---\n\
         apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: server, version: 1.0.0}}\nspec:\n  type: component\n  \
         interfaces: {{in: {{type: tcp, role: accept, data: {{port: 1}}}}}}\n  bodies: {{any: {{workload: {{image: a, ports: {{p: 1}}}}}}}}\n---\n\
         apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: app, version: 1.0.0}}\nspec:\n  type: toplevel\n  composite:\n    parts:\n"
    );
    for i in 0..clients {
        text += &format!("      c{i}: {{block: client}}\n");
    }
    for i in 0..servers {
        text += &format!("      s{i}: {{block: server}}\n");
    }
    let links: Vec<String> = links.iter().map(|(c, s)| format!("{{from: c{c}.out, to: s{s}.in}}")).collect();
    text += &format!("    links: [{}]\n", links.join(", "));
    text + "---\napiVersion: skupperx.io/v1\nkind: Application\nmetadata: {name: app, version: 1.0.0}\nspec: {root: app@1.0.0}\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_documents_and_keys_makes_no_difference(picks in prop::collection::vec(any::<Index>(), 400), split in any::<bool>()) {
        let mut next = 0;
        let mut pick = |length: usize| {
            next += 1;
            picks[next % picks.len()].index(length)
        };
        let mut rest = documents(SHOP);
        let mut texts = Vec::new();
        while !rest.is_empty() {
            let one = rest.swap_remove(pick(rest.len()));
            texts.push(shuffled(&one, &mut pick));
        }
        let sources: Vec<Source> = if split {
            texts.iter().enumerate().map(|(i, text)| Source::new(format!("{i}.yaml"), text.as_str())).collect()
        } else {
            vec![Source::new("all.yaml", texts.join("\n---\n"))]
        };
        prop_assert_eq!(digest(&sources), digest(&[Source::new("shop.yaml", SHOP)]));
    }

    #[test]
    fn the_newest_version_in_range_is_taken(versions in prop::collection::btree_set((0_u64..4, 0_u64..4, 0_u64..4), 1..8), major in 0_u64..4) {
        let block = |name: &str, version: &str, spec: Value| json!({
            "apiVersion": "skupperx.io/v1", "kind": "Block", "metadata": {"name": name, "version": version}, "spec": spec,
        }).to_string();
        let mut texts: Vec<String> = versions
            .iter()
            .map(|(a, b, c)| block("part", &format!("{a}.{b}.{c}"), json!({"type": "component", "bodies": {"any": {"workload": {"image": "a"}}}})))
            .collect();
        texts.push(block("app", "1.0.0", json!({"type": "toplevel", "composite": {"parts": {"part": {"block": format!("part@~{major}")}}}})));
        texts.push(json!({"apiVersion": "skupperx.io/v1", "kind": "Application", "metadata": {"name": "app", "version": "1.0.0"}, "spec": {"root": "app@1.0.0"}}).to_string());
        let (library, problems) = Library::load(&[Source::new("all", texts.join("\n---\n"))]);
        match versions.iter().filter(|(a, ..)| *a == major).max() {
            None => prop_assert!(problems.iter().any(|d| d.code == Code::NoMatchingVersion)),
            Some((a, b, c)) => {
                let release = build(&library, "app").expect("a release");
                prop_assert_eq!(&release.spec.instances["app/part"].block, &format!("part@{a}.{b}.{c}"));
            }
        }
    }

    #[test]
    fn peers_are_counted_right(
        clients in 1_usize..4,
        servers in 1_usize..4,
        min in 0_u32..3,
        span in prop::option::of(0_u32..3),
        links in prop::collection::btree_set((0_usize..4, 0_usize..4), 0..8),
    ) {
        let links: Vec<(usize, usize)> = links.into_iter().filter(|(c, s)| *c < clients && *s < servers).collect();
        let max = span.map(|s| (min + s).max(1));
        let text = wired(clients, min, max, servers, &links);
        let (library, problems) = Library::load(&[Source::new("wired", text)]);
        prop_assert!(problems.is_empty(), "{}", problems);
        let count = |c: usize| u32::try_from(links.iter().filter(|(client, _)| *client == c).count()).expect("few");
        let few = (0..clients).filter(|c| count(*c) < min).count();
        let many = (0..clients).filter(|c| max.is_some_and(|max| count(*c) > max)).count();
        match build(&library, "app") {
            Ok(release) => {
                prop_assert_eq!((few, many), (0, 0));
                prop_assert_eq!(release.spec.bindings.len(), links.len());
            }
            Err(problems) => {
                let said = |code| problems.iter().filter(|d| d.code == code).count();
                prop_assert_eq!((said(Code::TooFewPeers), said(Code::TooManyPeers)), (few, many));
                prop_assert_eq!(problems.len(), few + many);
            }
        }
    }

    #[test]
    fn nothing_that_is_read_makes_the_loader_fall_over(at in any::<Index>(), length in 0_usize..40, with in "[ -~\n]{0,12}") {
        let start = (0..=at.index(SHOP.len())).rev().find(|i| SHOP.is_char_boundary(*i)).expect("a start");
        let end = (start..=(start + length).min(SHOP.len())).rev().find(|i| SHOP.is_char_boundary(*i)).expect("an end");
        let text = format!("{}{with}{}", &SHOP[..start], &SHOP[end..]);
        let (library, problems) = Library::load(&[Source::new("changed", text.as_str())]);
        let _ = problems.render(|_| Some(text.as_str()));
        if let Err(problems) = build(&library, "shop") {
            prop_assert!(!problems.is_empty());
        }
    }
}
