//! The objects, against an API server.

use anyhow::{Result, ensure};
use testkit::{installation::text, trials::Went};
use tokio::process::Command;

use crate::stage::Stage;

/// A namespace of the test's own, gone with it.
struct Namespace(String);

impl Namespace {
    async fn kubectl(&self, args: &[&str]) -> Result<String> {
        let output = Command::new("kubectl").args(["--namespace", &self.0]).args(args).output().await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "kubectl {args:?}: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

pub(crate) async fn whole(stage: &Stage) -> Result<Went> {
    if std::env::var_os("KUBECONFIG").is_none_or(|it| it.is_empty()) {
        return Ok(Went::Skipped("KUBECONFIG is not set".to_owned()));
    }
    let namespace = Namespace(format!("skx-forms-{}", std::process::id()));
    namespace.kubectl(&["create", "namespace", &namespace.0]).await?;
    let held = applied(stage, &namespace).await;
    namespace.kubectl(&["delete", "namespace", &namespace.0, "--wait=false"]).await?;
    held.map(|()| Went::Well)
}

async fn applied(stage: &Stage, namespace: &Namespace) -> Result<()> {
    let invitation = stage.form("cluster", "kubernetes", &[]).await?;
    let cli = &stage.installation.cli;
    let access = "all=peer,member,claim,manage@:5671";
    cli.ok(&["backbone", "site", "create", "main/cluster", "--access", access]).await?;
    let bundle = text(&stage.installation.dir().join("cluster.bundle.yaml"))?;
    let render = ["backbone", "site", "bundle", "main/cluster", "--format", "kubernetes", "--output", &bundle];
    cli.ok(&render).await?;
    for file in [&invitation, &bundle] {
        namespace.kubectl(&["apply", "--validate=strict", "--dry-run=server", "--filename", file]).await?;
        namespace.kubectl(&["apply", "--validate=strict", "--filename", file]).await?;
    }
    for object in ["deployment/retail-cluster", "deployment/main-cluster", "service/access-main-cluster"] {
        namespace.kubectl(&["get", object]).await?;
    }
    Ok(())
}
