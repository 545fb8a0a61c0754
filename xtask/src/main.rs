//! Chores of the repository.
//!
//! `cargo run -p xtask -- generate` writes the generated sources; `… -- check` fails when a committed one has drifted.

mod protobuf;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("generate") => generate(),
        Some("check") => check(),
        _ => bail!("usage: cargo run -p xtask -- generate|check"),
    }
}

fn generate() -> Result<()> {
    for (path, content) in generated()? {
        std::fs::create_dir_all(path.parent().context("generated files live in a folder")?)?;
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

fn check() -> Result<()> {
    let mut drifted = Vec::new();
    for (path, content) in generated()? {
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&content) {
            drifted.push(path.display().to_string());
        }
    }
    if !drifted.is_empty() {
        bail!("these differ from what `cargo run -p xtask -- generate` makes: {}", drifted.join(", "));
    }
    println!("generated sources are up to date");
    Ok(())
}

/// Every generated file with the content it must have.
fn generated() -> Result<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lives in the workspace")?;
    let mut files = protobuf::generate(root)?;
    files.push((root.join("docs/openapi.json"), api::document_json()));
    files.push((root.join("docs/permissions.md"), api::permissions_md()));
    files.push((root.join("docs/local-api.md"), api::local_permissions_md()));
    files.push((root.join("docs/schemas/manifest.json"), api::manifest_schema_json()));
    Ok(files)
}

#[cfg(test)]
mod tests {
    #[test]
    fn committed_sources_match_their_definitions() {
        super::check().expect("no drift");
    }
}
