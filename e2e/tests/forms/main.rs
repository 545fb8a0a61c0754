//! Every form of an invitation and of a bundle, applied as it says it is applied.

mod browser;
mod containers;
mod kubernetes;
mod linux;
mod page;
mod podman;
mod service;
mod stage;

use std::process::ExitCode;

use stage::Stage;
use testkit::trials::Trials;
use tokio::sync::OnceCell;

#[tokio::main]
async fn main() -> ExitCode {
    let mut trials = Trials::from_arguments();
    let built = OnceCell::new();
    let stage = async || built.get_or_try_init(Stage::build).await;
    trials.run("a_file_and_a_pasted_text_join", async || linux::file_and_text(stage().await?).await).await;
    trials
        .run("an_installed_service_joins_and_is_taken_off_again", async || service::whole(stage().await?).await)
        .await;
    trials.run("installing_needs_root_or_another_root", async || service::who_may(stage().await?).await).await;
    trials
        .run("a_browser_shows_the_page_and_what_it_hands_out_joins", async || page::whole(stage().await?).await)
        .await;
    trials
        .run("podman_runs_the_quadlet_unit_of_an_invitation", async || containers::quadlet(stage().await?).await)
        .await;
    trials.run("podman_runs_what_the_compose_file_says", async || containers::compose(stage().await?).await).await;
    trials.run("podman_runs_the_quadlet_unit_of_a_bundle", async || containers::relay(stage().await?).await).await;
    trials.run("an_api_server_accepts_the_objects", async || kubernetes::whole(stage().await?).await).await;
    trials.finish()
}
