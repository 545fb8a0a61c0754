//! The figure of docs/benchmarks.md: an application of 100 blocks built, and rendered and planned for 1 000 sites, beside the same with a
//! library read and a build for each site, which is what a tool without releases does.
//!
//! `cargo bench -p compose --bench scale [-- --rounds N --blocks N --sites N]`; medians of the rounds, in milliseconds.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{
    fmt::Write,
    hint::black_box,
    num::NonZeroUsize,
    thread,
    time::{Duration, Instant},
};

use compose::{
    Library, Source,
    build::build,
    deploy::{Authored, Planner, Sites},
    release::Release,
    render::{Facts, Renderer, render},
};

/// Half of the blocks are services at headquarters, half are at every store; each uses the one before it and one at headquarters.
fn documents(blocks: usize) -> String {
    let mut text = String::new();
    for i in 0..blocks {
        let _ = write!(
            text,
            "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: block-{i}, version: 1.0.0}}\nspec:\n  type: component\n  \
             config:\n    level: {{type: string, default: info, local: true}}\n    port: {{type: integer, default: {port}}}\n    \
             password: {{secret: true, default: {{secret: secret-{i}}}}}\n  interfaces:\n    \
             in: {{type: http, role: accept, bind: {{min: 0}}, data: {{port: \"${{{{ config.port }}}}\"}}}}\n    \
             near: {{type: http, role: connect, bind: {{min: 0, max: 1}}}}\n    far: {{type: http, role: connect, bind: {{min: 0, max: 1}}}}\n  \
             bodies:\n    any:\n      workload:\n        image: example.com/block-{i}:1\n        args: [--level, \"${{{{ config.level }}}}\", --site, \"${{{{ site.name }}}}\"]\n        \
             env: {{NEAR: \"${{{{ peers.near | map(attribute='endpoint') | join(',') }}}}\", PASSWORD: \"${{{{ config.password }}}}\"}}\n        \
             ports: {{in: \"${{{{ config.port }}}}\"}}\n        files: {{/etc/block.conf: {{content: \"instance = ${{{{ this.id }}}}\\n\"}}}}\n---\n",
            port = 8000 + i,
        );
    }
    let half = blocks / 2;
    text += "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: app, version: 1.0.0}\nspec:\n  type: toplevel\n  composite:\n    parts:\n";
    for i in 0..blocks {
        let place = if i < half { "hq" } else { "store" };
        let _ = writeln!(text, "      p{i}: {{block: block-{i}, place: {place}}}");
    }
    text += "    links:\n";
    for i in 1..blocks {
        if i != half {
            let _ = writeln!(text, "    - {{from: p{i}.near, to: p{}.in}}", i - 1);
        }
        if i >= half {
            let _ = writeln!(text, "    - {{from: p{i}.far, to: p{}.in}}", i - half);
        }
    }
    text + "---\napiVersion: skupperx.io/v1\nkind: Application\nmetadata: {name: app, version: 1.0.0}\nspec: {root: app@1.0.0, places: {hq: {}, store: {}}}\n"
}

fn built(text: &str) -> Release {
    let (library, problems) = Library::load(&[Source::new("scale.yaml", text)]);
    assert!(problems.is_empty(), "{}", problems.render(|_| Some(text)));
    build(&library, "app").unwrap_or_else(|problems| panic!("{}", problems.render(|_| Some(text))))
}

fn sites(count: usize) -> Vec<Facts> {
    let one = |i: usize| {
        let site = format!("site: {{name: store-{i}, classes: [store], platform: podman}}");
        Facts::read(&Source::new("site", site)).expect("facts")
    };
    (0..count).map(one).collect()
}

/// The same sites as a network knows them, and the deployment that places the application there.
fn network(count: usize) -> (Authored, Sites) {
    let deployment = "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {name: app, network: scale}\nspec: {application: app}\n";
    let site = |i: usize| format!("- {{name: store-{i}, classes: [store], platform: podman}}\n");
    let sites = (0..count).map(site).fold("sites:\n".to_owned(), |all, site| all + &site);
    let sites = Sites::read(&Source::new("sites", sites)).expect("sites");
    (Authored::read(&Source::new("deployment", deployment)).expect("a deployment"), sites)
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut all: Vec<Duration>) -> f64 {
    all.sort();
    all[all.len() / 2].as_secs_f64() * 1000.0
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let option = |name: &str, default: usize| {
        let at = args.iter().position(|a| a == name);
        at.and_then(|i| args.get(i + 1)?.parse().ok()).unwrap_or(default)
    };
    let (rounds, blocks, count) = (option("--rounds", 5), option("--blocks", 100), option("--sites", 1000));
    let text = documents(blocks);
    let sites = sites(count);
    // Reading and building anew for every site is measured at a few, and told for all.
    let few = (count / 100).max(1);
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let processors = threads.get();
    let (deployment, known) = network(count);
    let [mut reading, mut rendering, mut together, mut first, mut again, mut naive] = [const { Vec::new() }; 6];
    for _ in 0..rounds {
        let mut release = None;
        reading.push(timed(|| release = Some(built(&text))));
        let release = release.expect("a release");
        rendering.push(timed(|| {
            let renderer = Renderer::new(&release);
            for facts in &sites {
                black_box(renderer.render(facts).unwrap_or_else(|p| panic!("{p}")));
            }
        }));
        together.push(timed(|| {
            let renderer = &Renderer::new(&release);
            let share = count.div_ceil(processors).max(1);
            thread::scope(|scope| {
                for share in sites.chunks(share) {
                    scope.spawn(move || {
                        for facts in share {
                            black_box(renderer.render(facts).unwrap_or_else(|p| panic!("{p}")));
                        }
                    });
                }
            });
        }));
        let mut plan = None;
        first.push(timed(|| plan = Planner::new(&release, threads).plan(&deployment, &known, None).ok()));
        let plan = plan.expect("a plan");
        again.push(timed(|| {
            let same = Planner::new(&release, threads).plan(&deployment, &known, Some(&plan)).expect("a plan");
            assert!(same == plan, "nothing has changed");
        }));
        naive.push(timed(|| {
            for facts in &sites[..few] {
                black_box(render(&built(&text), facts).unwrap_or_else(|p| panic!("{p}")));
            }
        }));
    }
    let [reading, rendering, together, first, again, naive] =
        [reading, rendering, together, first, again, naive].map(median);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let naive = naive * count as f64 / few as f64;
    println!("{blocks} blocks × {count} sites, median of {rounds} rounds:");
    println!("| step | ms |\n|---|---|");
    println!("| read the documents and build the release | {reading:.0} |");
    println!("| render it for every site, in one thread | {rendering:.0} |");
    println!("| the same, in {processors} threads | {together:.0} |");
    println!("| plan all of it, in {processors} threads | {first:.0} |");
    println!("| plan it again, with nothing changed | {again:.0} |");
    println!("| build, and plan | {:.0} |", reading + first);
    println!("| build, and render in one thread | {:.0} |", reading + rendering);
    println!("| build, and render in {processors} threads | {:.0} |", reading + together);
    println!(
        "| the same with documents read and built anew for every site (measured at {few}, told for all) | {naive:.0} |"
    );
}
