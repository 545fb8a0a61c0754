//! The page: opened, its files downloaded, its text copied.

use anyhow::{Context as _, Result, ensure};
use testkit::{installation::text, trials::Went};

use crate::{browser::Browser, linux::pasted, stage::Stage};

/// Selects what is there to be pasted, and gives what copying it would.
const COPY: &str = "getSelection().selectAllChildren([...document.querySelectorAll('pre')]\
    .find(it => it.textContent.includes('BEGIN SKUPPER'))), getSelection().toString()";

pub(crate) async fn whole(stage: &Stage) -> Result<Went> {
    let dir = stage.installation.dir().join("browser");
    std::fs::create_dir(&dir)?;
    let browser = Browser::start(&dir).await?;
    let mut browser = browser.context("there is no Chromium: scripts/setup test installs it")?;
    // As it was mailed: with no more than its own name.
    let page = stage.form("page", "html", &["--uses", "2"]).await?;
    let url = format!("file://{page}");
    browser.open(&url).await?;
    let shown = browser.evaluate("document.body.innerText").await?;
    let shown = shown.as_str().context("text")?;
    ensure!(shown.contains("You are invited to join the application network retail."), "{shown}");

    let links = "[...document.querySelectorAll('a[download]')]";
    let files = browser.evaluate(&format!("{links}.map(it => it.download)")).await?;
    let files: Vec<String> = serde_json::from_value(files)?;
    for (n, file) in files.iter().enumerate() {
        browser.evaluate(&format!("{links}[{n}].click()")).await?;
        browser.downloaded().await?;
        let downloaded = std::fs::read_to_string(dir.join("downloads").join(file))?;
        ensure!(downloaded.contains("BEGIN SKUPPER-X INVITATION"), "{file}: {downloaded}");
    }
    let endings = ["invitation", "compose.yaml", "container", "kubernetes.yaml"];
    ensure!(files == endings.map(|ending| format!("retail-page.{ending}")), "{files:?}");
    let copied = browser.evaluate(COPY).await?;
    let asked: Vec<_> = browser.requests.iter().filter(|it| **it != url && !it.starts_with("data:")).collect();
    ensure!(asked.is_empty() && !browser.requests.is_empty(), "the page asks for {asked:?}");
    drop(browser);

    let downloaded = text(&dir.join("downloads/retail-page.invitation"))?;
    let process = stage.installation.join(&downloaded, "page-file", &[], None)?;
    stage.joined(&stage.installation.site_dir("page-file"), &process).await?;
    let pasting = text(&dir.join("copied"))?;
    std::fs::write(&pasting, copied.as_str().context("text")?)?;
    let process = pasted(stage, &pasting, "page-text")?;
    stage.joined(&stage.installation.site_dir("page-text"), &process).await?;
    Ok(Went::Well)
}
