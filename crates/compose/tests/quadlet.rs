//! Quadlet files, held against the generator that comes with Podman from 4.4 on.

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

#[test]
fn podmans_generator_accepts_quadlet_files() {
    let generator = generator().expect("quadlet is missing: scripts/setup test installs it");
    let services = generate(&generator).unwrap_or_else(|why| panic!("{why}"));
    assert!(services > 0, "there are containers among the examples");
}
