//! How applications are resolved: what mixed blocks drag along, connectors that are composites, peers counted at every level of
//! nesting, versions chosen from ranges, interface versions, exports to any depth.

use std::collections::BTreeMap;

use compose::{
    Code, Library, MAX_DEPTH, Problems, Source, Stop,
    build::build,
    release::Release,
    render::{Facts, Renderer, render},
};
use proptest::{prelude::*, sample::Index};

/// A document of a kind, by the name it has and what it says.
fn document(kind: &str, name: &str, spec: &str) -> String {
    let (name, version) = name.split_once('@').unwrap_or((name, "1.0.0"));
    format!(
        "apiVersion: skupperx.io/v1\nkind: {kind}\nmetadata: {{name: {name}, version: {version}}}\nspec: {spec}\n---\n"
    )
}

fn block(name: &str, spec: &str) -> String {
    document("Block", name, spec)
}

/// An application with these parts, links and places.
fn application(parts: &str, links: &str, places: &str) -> String {
    block("app", &format!("{{type: toplevel, composite: {{parts: {{{parts}}}, links: [{links}]}}}}"))
        + &document("Application", "app", &format!("{{root: app@1.0.0, places: {{{places}}}}}"))
}

fn outcome(text: &str) -> Result<Release, Problems> {
    let (library, _) = Library::load(&[Source::new("text", text)]);
    build(&library, "app")
}

#[track_caller]
fn built(text: &str) -> Release {
    outcome(text).unwrap_or_else(|problems| panic!("{}", problems.render(|_| Some(text))))
}

fn places(release: &Release) -> BTreeMap<&str, &str> {
    let placed = release.spec.instances.iter();
    placed.filter_map(|(path, i)| Some((path.as_str(), i.place.as_ref()?.as_str()))).collect()
}

/// A server, a client, and a mixed block that stands before a server and serves in turn.
fn layers() -> String {
    block(
        "server",
        "{type: component, interfaces: {in: {type: tcp, role: accept, data: {port: 1}}}, bodies: {any: {workload: {image: s, ports: {in: 1}}}}}",
    ) + &block(
        "client",
        "{type: component, interfaces: {out: {type: tcp, role: connect}}, bodies: {any: {workload: {image: c}}}}",
    ) + &block(
        "layer",
        "{type: mixed, interfaces: {below: {type: tcp, role: connect, polarity: south, bind: {min: 1, max: 1}}, \
             in: {type: tcp, role: accept, polarity: north, data: {port: 2}}}, \
             bodies: {any: {workload: {image: l, ports: {in: 2}, env: {BELOW: \"${{ near.endpoint }}\", NAME: \"${{ near.name }}\"}}}}}",
    )
}

#[test]
fn a_mixed_block_goes_where_its_south_side_is_and_drags_its_north_side_along() {
    let text = layers()
        + &application(
            "client: {block: client, place: far}, upper: {block: layer}, lower: {block: layer}, server: {block: server, place: near}",
            "{from: upper.below, to: lower.in}, {from: lower.below, to: server.in}, {from: client.out, to: upper.in}",
            "near: {}, far: {}",
        );
    let release = built(&text);
    assert_eq!(
        places(&release),
        [("app/client", "far"), ("app/lower", "near"), ("app/server", "near"), ("app/upper", "near")].into()
    );
    // Only the client is elsewhere: nothing else goes across the network.
    assert_eq!(release.spec.addresses.keys().collect::<Vec<_>>(), ["upper.in"]);
    assert_eq!(release.spec.instances["app/upper"].near.as_ref().expect("near").instance, "app/lower");
    let site = Facts::read(&Source::new("site", "{site: {name: near, platform: podman}}")).expect("facts");
    let rendered = render(&release, &site).unwrap_or_else(|p| panic!("{p}"));
    let why: Vec<(&str, &str)> = rendered.instances.iter().map(|i| (i.path.as_str(), i.why.as_str())).collect();
    assert_eq!(why[2], ("app/upper", "it goes where app/lower is, and the place near is called like the site"));
    assert_eq!(rendered.instances.len(), 3);
    // The instance below is not reached across the network, but as a neighbour.
    assert_eq!((rendered.listeners.len(), rendered.connectors.len()), (0, 1));
}

#[test]
fn what_a_declined_block_carries_goes_with_it() {
    let text = layers()
        + &application(
            "upper: {block: layer, optional: true}, lower: {block: layer, optional: true}, server: {block: server, place: near}",
            "{from: upper.below, to: lower.in}, {from: lower.below, to: server.in}",
            "near: {}",
        );
    let text = text.replace(
        "in: {type: tcp, role: accept, polarity: north",
        "in: {type: tcp, role: accept, bind: {min: 0}, polarity: north",
    );
    // The upper layer needs the lower one, which a site may decline by itself.
    let problems = outcome(&text).expect_err("it needs what may be declined");
    assert!(problems.iter().all(|d| d.code == Code::NeedsOptional), "{problems}");

    // As one optional part they are declined together.
    let text = layers()
        + &block(
            "layers",
            "{type: mixed, composite: {parts: {upper: {block: layer}, lower: {block: layer}}, \
                  links: [{from: upper.below, to: lower.in}], exports: {below: lower.below}}}",
        )
        + &application(
            "layers: {block: layers, optional: true}, server: {block: server, place: near}",
            "{from: layers.below, to: server.in}",
            "near: {}",
        );
    let release = built(&text);
    assert_eq!(places(&release).values().collect::<std::collections::BTreeSet<_>>().len(), 1);
    let site = "{site: {name: near, platform: podman}, declined: [app/layers]}";
    let rendered =
        render(&release, &Facts::read(&Source::new("site", site)).expect("facts")).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(rendered.instances.iter().map(|i| i.path.as_str()).collect::<Vec<_>>(), ["app/server"]);
}

#[test]
fn a_connector_may_be_a_composite() {
    // Two parts between sender and receiver: a broker, placed beside the receiver, and a gauge that goes with it.
    let text = block(
        "sender",
        "{type: component, interfaces: {out: {type: messaging, role: send, bind: {min: 1, max: 1}}}, bodies: {any: {workload: {image: s, env: {TO: \"${{ peer.out.endpoint }}\", Q: \"${{ peer.out.queue }}\"}}}}}",
    ) + &block(
        "receiver",
        "{type: component, interfaces: {in: {type: messaging, role: receive, bind: {min: 1, max: 1}}}, bodies: {any: {workload: {image: r, env: {FROM: \"${{ peer.in.endpoint }}\"}}}}}",
    ) + &block(
        "broker",
        "{type: connector, affine: far, config: {queue: {default: q}}, interfaces: {\
            near: {type: messaging, role: receive, bind: {min: 1, max: 1}, data: {port: 5, queue: \"${{ config.queue }}\"}}, \
            far: {type: messaging, role: send, bind: {min: 1, max: 1}, data: {port: 5}}}, \
            bodies: {any: {workload: {image: b, ports: {amqp: 5}}}}}",
    ) + &block("gauge", "{type: component, bodies: {any: {workload: {image: g}}}}")
        + &block(
            "queue",
            "{type: connector, affine: far, config: {queue: {default: q}}, composite: {\
            parts: {broker: {block: broker, config: {queue: \"${{ config.queue }}\"}}, gauge: {block: gauge}}, \
            exports: {near: broker.near, far: broker.far}}}",
        )
        + &application(
            "s: {block: sender, place: here}, r: {block: receiver, place: there}",
            "{from: s.out, to: r.in, via: queue, config: {queue: work}}",
            "here: {}, there: {}",
        );
    let release = built(&text);
    let placed = places(&release);
    assert_eq!(placed["app/s.out-r.in/broker"], "there");
    assert_eq!(placed["app/s.out-r.in/gauge"], "there");
    assert_eq!(release.spec.bindings.len(), 2);
    // The sender reaches the broker across the network; the receiver has it beside itself.
    assert_eq!(release.spec.addresses.keys().collect::<Vec<_>>(), ["s.out-r.in.broker.near"]);
    let env = release.spec.instances["app/s"].bodies["any"].workload.as_ref().expect("a workload")["env"].clone();
    assert_eq!(env["Q"], "work");
}

#[test]
fn a_connector_without_a_body_may_be_a_part() {
    let cable = block(
        "cable",
        "{type: connector, interfaces: {a: {type: tcp, role: accept, bind: {min: 1, max: 1}, data: {port: 1}}, b: {type: tcp, role: connect}}}",
    );
    let text = layers()
        + &cable
        + &application(
            "c: {block: client, place: x}, s: {block: server, place: y}, w: {block: cable}",
            "{from: c.out, to: w.a}, {from: w.b, to: s.in}",
            "x: {}, y: {}",
        );
    let release = built(&text);
    let binding = &release.spec.bindings[0];
    assert_eq!((binding.from.instance.as_str(), binding.to.instance.as_str()), ("app/c", "app/s"));
    assert_eq!(binding.via.as_deref(), Some("app/w"));
}

#[test]
fn interfaces_of_one_major_version_fit_and_those_of_another_do_not() {
    let kind = |version: &str| {
        document(
            "InterfaceType",
            &format!("wire@{version}"),
            "{roles: {give: {side: serves, meets: [take]}, take: {side: uses, meets: [give]}}}",
        )
    };
    let text = |a: &str, b: &str| {
        kind("1.0.0")
            + &kind("1.4.0")
            + &kind("2.0.0")
            + &block(
                "giver",
                &format!(
                    "{{type: component, interfaces: {{x: {{type: \"wire@{a}\", role: give}}}}, bodies: {{any: {{workload: {{image: g}}}}}}}}"
                ),
            )
            + &block(
                "taker",
                &format!(
                    "{{type: component, interfaces: {{x: {{type: \"wire@{b}\", role: take}}}}, bodies: {{any: {{workload: {{image: t}}}}}}}}"
                ),
            )
            + &application("g: {block: giver}, t: {block: taker}", "{from: t.x, to: g.x}", "")
    };
    let release = built(&text("=1.0.0", "^1"));
    assert_eq!(release.spec.interface_types.keys().collect::<Vec<_>>(), ["wire@1.0.0", "wire@1.4.0"]);
    let problems = outcome(&text("^1", "^2")).expect_err("another major version");
    assert_eq!(problems.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TypeMismatch]);
}

/// A client, and a server that `levels` composites export one after the other.
fn deep(levels: usize) -> String {
    let mut text = layers();
    let mut inner = "server".to_owned();
    for level in 0..levels {
        let name = format!("level-{level}");
        let composite = format!("{{parts: {{s: {{block: {inner}}}}}, exports: {{in: s.in}}}}");
        text += &block(&name, &format!("{{type: component, composite: {composite}}}"));
        inner = name;
    }
    text + &application(&format!("c: {{block: client}}, s: {{block: {inner}}}"), "{from: c.out, to: s.in}", "")
}

#[test]
fn an_interface_is_exported_through_any_depth_and_what_is_too_deep_is_refused() {
    // The server itself is one level more.
    let release = built(&deep(MAX_DEPTH - 1));
    assert_eq!(release.spec.bindings[0].to.instance, format!("app/s{}", "/s".repeat(MAX_DEPTH - 1)));
    for levels in [MAX_DEPTH, 3 * MAX_DEPTH] {
        let problems = outcome(&deep(levels)).expect_err("too deep");
        assert!(problems.iter().all(|d| d.code == Code::TooLarge), "{problems}");
    }
}

#[test]
fn blocks_extend_each_other_in_a_row_as_long_as_it_is_no_longer_than_may_be() {
    let row = |steps: usize| {
        let mut text = layers();
        let mut last = "server".to_owned();
        for step in 0..steps {
            let name = format!("step-{step}");
            text += &block(&name, &format!("{{extends: {last}}}"));
            last = name;
        }
        text + &application(&format!("c: {{block: client}}, s: {{block: {last}}}"), "{from: c.out, to: s.in}", "")
    };
    let release = built(&row(MAX_DEPTH));
    assert_eq!(release.spec.blocks[&format!("step-{}@1.0.0", MAX_DEPTH - 1)].extends.len(), MAX_DEPTH);
    let problems = outcome(&row(MAX_DEPTH + 1)).expect_err("too many");
    assert_eq!(problems.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge], "{problems}");
}

#[test]
fn work_that_is_told_to_stop_has_no_result() {
    let text = deep(1);
    let stop = Stop::default();
    let (library, problems) = Library::load_until(&[Source::new("text", text.as_str())], &stop);
    assert!(problems.is_empty(), "{problems}");
    let release = build(&library, "app").expect("a release");
    let facts = Facts::read(&Source::new("site", "site: {name: default, platform: podman}")).expect("facts");
    let renderer = Renderer::until(&release, &stop);
    renderer.render(&facts).expect("what the site gets");
    stop.now();
    let (_, unread) = Library::load_until(&[Source::new("text", text.as_str())], &stop);
    let unbuilt = build(&library, "app").expect_err("stopped");
    let unrendered = renderer.render(&facts).expect_err("stopped");
    for problems in [unread, unbuilt, unrendered] {
        assert_eq!(
            problems.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(),
            ["it was stopped before it was worked out"]
        );
    }
}

#[test]
fn a_block_that_extends_another_is_recorded_with_its_lineage() {
    let text = layers()
        + &block("fast@1.1.0", "{extends: server@1, bodies: {any: {workload: {args: [--fast]}}}}")
        + &block(
            "faster",
            "{extends: fast@~1.1, bodies: {any: {workload: {args: [--faster], ports: null}}}, interfaces: {in: null}}",
        )
        + &application("a: {block: faster}, b: {block: fast}", "", "")
            .replace("in: {type: tcp", "in: {bind: {min: 0}, type: tcp");
    let release = built(&text);
    assert_eq!(release.spec.blocks["faster@1.0.0"].extends, ["fast@1.1.0", "server@1.0.0"]);
    let workload = release.spec.instances["app/a"].bodies["any"].workload.as_ref().expect("a workload");
    assert_eq!(workload["args"], serde_json::json!(["--faster"]));
    assert!(workload.get("ports").is_none() && release.spec.instances["app/a"].interfaces.is_empty());
}

#[test]
fn a_rebuild_renames_nothing() {
    let parts = "c: {block: client}, s: {block: server}";
    let before = built(&(layers() + &application(parts, "{from: c.out, to: s.in}", "")));
    let after = built(
        &(layers().replace("image: s", "image: s2")
            + &application(&format!("{parts}, more: {{block: server}}"), "{from: c.out, to: s.in}", "")),
    );
    assert_ne!(before.digest(), after.digest());
    for (path, instance) in &before.spec.instances {
        assert_eq!(instance.id, after.spec.instances[path].id, "{path}");
    }
}

/// How many peers a level of nesting may have: at least, and at most.
type Bind = (u32, Option<u32>);

/// A server within composites, each of which has clients of its own beside what it contains, and says how many peers it takes.
fn nested(leaf: Bind, levels: &[(usize, Bind)], outermost: usize) -> String {
    let bind =
        |(min, max): Bind| format!("bind: {{min: {min}{}}}", max.map(|m| format!(", max: {m}")).unwrap_or_default());
    let with = |clients: usize, inner: &str| {
        let parts: String = (0..clients).map(|i| format!(", c{i}: {{block: client}}")).collect();
        let links: Vec<String> = (0..clients).map(|i| format!("{{from: c{i}.out, to: inner.in}}")).collect();
        format!("parts: {{inner: {{block: {inner}}}{parts}}}, links: [{}]", links.join(", "))
    };
    let mut text = block(
        "client",
        "{type: component, interfaces: {out: {type: tcp, role: connect}}, bodies: {any: {workload: {image: c}}}}",
    ) + &block(
        "level0",
        &format!(
            "{{type: component, interfaces: {{in: {{type: tcp, role: accept, {}, data: {{port: 1}}}}}}, bodies: {{any: {{workload: {{image: s, ports: {{in: 1}}}}}}}}}}",
            bind(leaf)
        ),
    );
    for (i, (clients, limits)) in levels.iter().enumerate() {
        text += &block(
            &format!("level{}", i + 1),
            &format!(
                "{{type: component, interfaces: {{in: {{type: tcp, role: accept, {}}}}}, composite: {{{}, exports: {{in: inner.in}}}}}}",
                bind(*limits),
                with(*clients, &format!("level{i}"))
            ),
        );
    }
    text += &block(
        "app",
        &format!("{{type: toplevel, composite: {{{}}}}}", with(outermost, &format!("level{}", levels.len()))),
    );
    text + &document("Application", "app", "{root: app@1.0.0}")
}

fn limits() -> impl Strategy<Value = Bind> {
    (0_u32..4, prop::option::of(0_u32..4)).prop_map(|(min, span)| (min, span.map(|s| min + s)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn peers_are_counted_at_every_level(
        leaf in limits(),
        levels in prop::collection::vec((0_usize..3, limits()), 0..4),
        outermost in 0_usize..3,
    ) {
        // A level's peers are the clients outside of it; the server itself has all of them.
        let outside = |from: usize| u32::try_from(levels[from..].iter().map(|(c, _)| c).sum::<usize>() + outermost).expect("few");
        let mut expected: Vec<(String, Code)> = Vec::new();
        let depth = levels.len();
        for level in 0..=depth {
            let (min, max) = if level == 0 { leaf } else { levels[level - 1].1 };
            let count = outside(level);
            let path = format!("app{}", "/inner".repeat(depth + 1 - level));
            if count < min {
                expected.push((path, Code::TooFewPeers));
            } else if max.is_some_and(|max| count > max) {
                expected.push((path, Code::TooManyPeers));
            }
        }
        expected.sort();
        let text = nested(leaf, &levels, outermost);
        let mut said: Vec<(String, Code)> = match outcome(&text) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(|d| (d.block.clone(), d.code)).collect(),
        };
        said.sort();
        prop_assert_eq!(said, expected);
    }

    #[test]
    fn a_range_takes_the_newest_version_that_is_in_it(
        versions in prop::collection::btree_set((0_u64..3, 0_u64..4, 0_u64..4), 1..12),
        ranges in prop::collection::vec((0_u64..3, 0_u64..4, 0_u64..4, 0_usize..6), 1..4),
    ) {
        // Several composites that want the same block in ranges of their own.
        let mut text: String = versions.iter().map(|(a, b, c)| block(&format!("part@{a}.{b}.{c}"), "{type: component, bodies: {any: {workload: {image: a}}}}")).collect();
        let mut parts = Vec::new();
        let mut expected = Vec::new();
        for (i, (a, b, c, form)) in ranges.iter().copied().enumerate() {
            let this = (a, b, c);
            let newest = |within: &dyn Fn((u64, u64, u64)) -> bool| versions.iter().copied().filter(|v| within(*v)).max();
            let (range, found) = match form {
                0 => (format!("@^{a}.{b}.{c}"), newest(&|v| v >= this && if a > 0 { v.0 == a } else if b > 0 { (v.0, v.1) == (0, b) } else { v == this })),
                1 => (format!("@~{a}.{b}.{c}"), newest(&|v| v >= this && (v.0, v.1) == (a, b))),
                2 => (format!("@={a}.{b}.{c}"), newest(&|v| v == this)),
                3 => (format!("@>={a}.{b}.{c}, <{}.0.0", a + 1), newest(&|v| v >= this && v.0 <= a)),
                4 => (format!("@<{a}.{b}.{c}"), newest(&|v| v < this)),
                _ => (String::new(), newest(&|_| true)),
            };
            text += &block(&format!("holder{i}"), &format!("{{type: component, composite: {{parts: {{p: {{block: \"part{range}\"}}}}}}}}"));
            parts.push(format!("h{i}: {{block: holder{i}}}"));
            expected.push(found);
        }
        text += &application(&parts.join(", "), "", "");
        let missing = expected.iter().filter(|found| found.is_none()).count();
        match outcome(&text) {
            Err(problems) => {
                prop_assert!(problems.iter().all(|d| d.code == Code::NoMatchingVersion), "{}", problems);
                prop_assert_eq!(problems.len(), missing);
            }
            Ok(release) => {
                prop_assert_eq!(missing, 0);
                for (i, found) in expected.iter().enumerate() {
                    let (a, b, c) = found.expect("a version");
                    let key = format!("part@{a}.{b}.{c}");
                    prop_assert_eq!(&release.spec.instances[&format!("app/h{i}/p")].block, &key);
                    prop_assert!(release.spec.blocks.contains_key(&key), "the lock has it");
                }
            }
        }
    }

    #[test]
    fn a_chain_of_mixed_blocks_goes_where_it_ends(order in prop::collection::vec(any::<Index>(), 1..8), place in 0_usize..3) {
        // The names decide nothing about the order of the chain.
        let mut names: Vec<String> = (0..order.len()).map(|i| format!("l{i}")).collect();
        let mut chain = Vec::new();
        for pick in &order {
            chain.push(names.swap_remove(pick.index(names.len())));
        }
        let parts: String = chain.iter().map(|n| format!("{n}: {{block: layer}}, ")).collect();
        let mut links = vec![format!("{{from: {}.below, to: server.in}}", chain[0])];
        links.extend(chain.windows(2).map(|w| format!("{{from: {}.below, to: {}.in}}", w[1], w[0])));
        let text = layers().replace("in: {type: tcp, role: accept, polarity", "in: {type: tcp, role: accept, bind: {min: 0}, polarity")
            + &application(&format!("{parts}server: {{block: server, place: p{place}}}"), &links.join(", "), "p0: {}, p1: {}, p2: {}");
        let release = built(&text);
        for (path, at) in places(&release) {
            prop_assert_eq!(at, format!("p{place}"), "{}", path);
        }
        prop_assert!(release.spec.addresses.is_empty(), "neighbours need no network");
    }
}
