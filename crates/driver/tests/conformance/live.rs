//! What workloads are told while they run.

use driver::{ApplyError, Desired, State, Volumes};
use serde_json::json;

use crate::stage::{Stage, shop};

/// Says who it is, and then how much it is told, whenever that is something else.
const READ: &str = r#"
trap 'exit 0' TERM; cat /proc/sys/kernel/random/uuid; last=
while :; do
    now=$(cat "$SKX_ADDRESSES"); now=${#now}
    [ "$now" = "$last" ] || echo $now; last=$now; sleep 0.01
done"#;

pub(crate) async fn what_is_told_while_it_runs_is_replaced_at_once_and_starts_nothing_anew(stage: Stage) {
    let reads = json!({ "command": ["/bin/sh", "-c", READ], "addresses": true });
    let mut desired = shop([stage.object("web", reads)]);
    let mut site = stage.open().await;
    let refused = site.0.apply(desired.clone()).await;
    assert!(matches!(refused, Err(ApplyError::Invalid(_))), "nothing is told for want of knowledge: {refused:?}");

    tell(&mut desired, 20_000);
    site.apply(&desired).await;
    let life = site.lines("web", 2).await[0].clone();
    tell(&mut desired, 90_000);
    site.apply(&desired).await;
    site.lines("web", 3).await;
    if stage.platform.has_containers() {
        // What goes on without its site is told by the next one.
        site.0.shutdown().await;
        site = stage.open().await;
    }
    tell(&mut desired, 40_000);
    site.apply(&desired).await;
    site.apply(&desired).await;
    // Another life would have said so, and half of a text would have had another length.
    assert_eq!(site.lines("web", 4).await, [&life, "20000", "90000", "40000"]);
    assert_eq!(site.is("web", State::Ready).await.restarts, 0);

    site.0.remove("shop", Volumes::Keep).await.expect("it is removed");
    assert!(!stage.dir().join("live/shop").exists());
}

fn tell(desired: &mut Desired, length: usize) {
    desired.live.insert("web".to_owned(), "x".repeat(length));
}
