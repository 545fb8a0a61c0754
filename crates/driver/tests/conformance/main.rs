//! What every driver promises, held against each of them.
//!
//! The driver for Docker is held against Podman's form of Docker's API: there is no Docker here. It is the one for Podman, but
//! for what it is told apart by, so that those promises are enough that depend on it.

mod engine;
mod health;
mod live;
mod owner;
mod promises;
mod stage;
mod systemd;

/// Promises, as tests for platforms.
macro_rules! conformance {
    ($($name:ident: $platform:ident),+ => $promises:tt) => {
        $(conformance!(@for $name, $platform, $promises);)+
    };
    (@for $name:ident, $platform:ident, { $($module:ident :: $promise:ident),+ $(,)? }) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    crate::$module::$promise(crate::stage::Stage::new(compose::model::Platform::$platform)).await;
                }
            )+
        }
    };
}

conformance!(process: Process, podman: Podman, services: Systemd => {
    promises::what_is_applied_runs_and_the_same_again_changes_nothing,
    promises::only_what_changed_is_started_anew_and_what_is_gone_is_removed,
    promises::what_ends_is_started_again_and_what_runs_once_is_not,
    promises::what_cannot_run_is_failed_in_words_and_the_others_run,
    promises::secrets_reach_the_workload_and_nobody_else,
    promises::volumes_are_kept_or_deleted_as_is_said,
    promises::what_belongs_to_another_site_is_not_touched,
    promises::a_workload_has_its_user_and_no_more_memory_than_it_may_have,
    promises::a_workload_has_no_more_processors_than_it_may_have,
    promises::what_has_much_to_say_at_its_end_is_removed_all_the_same,
    promises::what_somebody_else_ended_is_mended,
    live::what_is_told_while_it_runs_is_replaced_at_once_and_starts_nothing_anew,
    health::readiness_is_told_by_checks,
    health::what_does_not_live_is_started_again,
    health::what_listens_is_reached_and_reaches_its_site,
    owner::what_a_killed_site_left_is_found_again_or_ended,
});

conformance!(docker: Docker => {
    promises::what_is_applied_runs_and_the_same_again_changes_nothing,
    promises::volumes_are_kept_or_deleted_as_is_said,
    health::what_listens_is_reached_and_reaches_its_site,
});

#[tokio::test]
async fn an_engine_is_known_by_what_it_says_of_itself() {
    let stage = stage::Stage::new(compose::model::Platform::Docker);
    let mut options = stage.options();
    assert_eq!(driver::detect(&options).await, Some(compose::model::Platform::Podman));
    options.socket = Some(stage.dir().join("nowhere"));
    assert_eq!(driver::detect(&options).await, None);
}
