//! The file and the text.

use anyhow::Result;
use testkit::{installation::text, process::Process, trials::Went};
use tokio::process::Command;

use crate::stage::Stage;

pub(crate) async fn file_and_text(stage: &Stage) -> Result<Went> {
    let file = stage.form("file", "linux", &[]).await?;
    let process = stage.installation.join(&file, "file", &[], None)?;
    stage.joined(&stage.installation.site_dir("file"), &process).await?;

    let file = stage.form("text", "text", &[]).await?;
    let process = pasted(stage, &file, "text")?;
    stage.joined(&stage.installation.site_dir("text"), &process).await?;
    Ok(Went::Well)
}

/// Pastes the text in a file into `skx join -`.
pub(crate) fn pasted(stage: &Stage, file: &str, dir: &str) -> Result<Process> {
    let skx = testkit::skx::binary()?;
    let data_dir = text(&stage.installation.site_dir(dir))?;
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$1" join - --data-dir "$2" < "$3""#, "sh"]).arg(skx).args([&data_dir, file]);
    Process::spawn(dir, &mut command)
}
