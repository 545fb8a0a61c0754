//! Rust from the protobuf definitions: committed, so that building needs neither `protoc` nor a build script.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub(crate) fn generate(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let out = tempfile::tempdir()?;
    let link = compile(&root.join("crates/overlay-proto/proto"), "link.proto")?;
    prost_build::Config::new().out_dir(out.path()).compile_fds(link)?;
    let site = compile(&root.join("crates/site-proto/proto"), "site.proto")?;
    tonic_prost_build::configure().out_dir(out.path()).compile_fds(site)?;
    [
        ("skx.link.v1.rs", "crates/overlay-proto/src/generated/link.rs"),
        ("skx.site.v1.rs", "crates/site-proto/src/generated/site.rs"),
    ]
    .into_iter()
    .map(|(from, to)| {
        let content = std::fs::read_to_string(out.path().join(from)).with_context(|| format!("reading {from}"))?;
        Ok((root.join(to), content))
    })
    .collect()
}

fn compile(folder: &Path, file: &str) -> Result<prost_types::FileDescriptorSet> {
    protox::compile([file], [folder]).map_err(|e| anyhow::anyhow!("{file}: {e:?}"))
}
