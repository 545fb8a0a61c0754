//! The part of the person at the keyboard.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use testkit::{installation::free_address, process::PATIENCE};

use crate::{build::GREETING, stage::Stage};

impl Stage<'_> {
    /// Leaves the network open for the person at the keyboard.
    pub(crate) async fn invite_the_reader(&mut self) -> Result<()> {
        self.show.heading("Your turn");
        let listener = free_address()?.to_string();
        self.run(&["network", "listener", "add", "retail", "shop", &listener, "--class", "guest"]).await?;
        self.run(&["invitation", "create", "retail/you", "--uses", "unlimited", "--class", "guest"]).await?;
        let file = self.path("you.invitation")?;
        self.run(&["invitation", "get", "retail/you", "--format", "linux", "--output", &file]).await?;
        self.write_script(&listener)?;
        self.show.note("Paste this into a second terminal: it joins a site of your own and sends a request from it.");
        self.show.highlight(&format!("sh {}", self.path("you")?));
        self.show.note(&format!(
            "To look around with skx:  . {}\nLogs: {}\nCtrl-C here (or `make demo-stop`) stops everything. The network now, live:",
            self.path("env")?,
            self.path("logs")?,
        ));
        Ok(())
    }

    /// Does what the person would do, and checks that it works.
    pub(crate) async fn be_the_reader(&mut self) -> Result<()> {
        self.show.heading("Pasting that line, to see that it works");
        let began = Instant::now();
        let mut shell = tokio::process::Command::new("sh");
        shell.arg(self.dir.join("you")).env("ONCE", "1").kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, shell.output()).await.context("the pasted line did not end")??;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() && said.contains(GREETING),
            "the pasted line failed: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.show.note(&said);
        self.show.good(&format!("joined and answered in {} ms", began.elapsed().as_millis()));
        Ok(())
    }

    /// The line to paste runs this: each command is shown before it runs.
    fn write_script(&self, listener: &str) -> Result<()> {
        let demo = self.path("")?;
        let demo = demo.trim_end_matches('/');
        let script = include_str!("you.sh").replace("@DEMO@", demo).replace("@LISTENER@", listener);
        std::fs::write(self.dir.join("you"), script)?;
        Ok(())
    }
}
