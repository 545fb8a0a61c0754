//! Quadlet files, held against the generator that comes with Podman from 4.4 on. Where there is none, that is said and counted as
//! skipped: this test prints what the standard harness would.

mod support;

use std::{path::PathBuf, process::Command};

use compose::{model::Platform, render::Content};

/// Where the generator is: `quadlet` on the path, or where packages of Podman put it.
fn generator() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("quadlet"));
    let installed = [
        "/usr/libexec/podman/quadlet",
        "/usr/lib/podman/quadlet",
        "/usr/lib/systemd/system-generators/podman-system-generator",
    ];
    on_path.chain(installed.map(PathBuf::from)).find(|p| p.is_file())
}

fn podman() -> String {
    let version = Command::new("podman").arg("--version").output().ok().filter(|run| run.status.success());
    version.map_or_else(|| "no podman".to_owned(), |run| String::from_utf8_lossy(&run.stdout).trim().to_owned())
}

/// Everything an example's site gets, as the generator reads it; why it cannot.
fn generate(generator: &PathBuf) -> Result<usize, String> {
    let mut all = support::rendered(Platform::Podman);
    all.push(("everything".to_owned(), support::everything(Platform::Podman)));
    let mut services = 0;
    for (name, rendered) in all {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let mut wanted = Vec::new();
        for object in &rendered.objects {
            if let (Content::Text(text), "quadlet") = (&object.content, object.kind.as_str()) {
                std::fs::write(folder.path().join(&object.name), text).map_err(|e| e.to_string())?;
                if let Some(stem) = object.name.strip_suffix(".container") {
                    wanted.push(format!("---{stem}.service---"));
                }
            }
        }
        // Not every version can try without writing: all of them write where they are told.
        let out = tempfile::tempdir().map_err(|e| e.to_string())?;
        let run = Command::new(generator)
            .env("QUADLET_UNIT_DIRS", folder.path())
            .args(["-dryrun", "-user"])
            .arg(out.path())
            .output()
            .map_err(|e| e.to_string())?;
        let (made, said) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        // It only warns about keys it does not know.
        let complaints: Vec<&str> =
            said.lines().filter(|l| ["rror", "nsupported", "arning", "nvalid"].iter().any(|w| l.contains(w))).collect();
        if !run.status.success() || !complaints.is_empty() {
            return Err(format!("{name}: {said}"));
        }
        for unit in wanted {
            if !made.contains(&unit) {
                return Err(format!("{name}: no {unit} in\n{made}\n{said}"));
            }
            services += 1;
        }
    }
    Ok(services)
}

fn main() {
    const NAME: &str = "podmans_generator_accepts_quadlet_files";
    if std::env::args().any(|a| a == "--list") {
        println!("{NAME}: test");
        return;
    }
    println!("\nrunning 1 test");
    let (passed, failed, ignored) = match generator() {
        None => {
            println!("test {NAME} ... ignored, {} has no Quadlet generator", podman());
            (0, 0, 1)
        }
        Some(generator) => match generate(&generator) {
            Ok(services) => {
                println!("test {NAME} ... ok\n({services} containers by {})", generator.display());
                (1, 0, 0)
            }
            Err(why) => {
                println!("test {NAME} ... FAILED\n{why}");
                (0, 1, 0)
            }
        },
    };
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out\n"
    );
    std::process::exit(if failed == 0 { 0 } else { 101 });
}
