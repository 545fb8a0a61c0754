use api::{Eviction, RouterAcknowledgement};

use crate::{
    commands::Session,
    failure::Failure,
    output::time,
    wait::{Look, Wait},
};

/// Says how far an eviction has come, and waits, when asked to, until every router enforces it.
pub(crate) async fn finish(
    sentence: &str,
    mut eviction: Eviction,
    wait: Wait,
    session: &Session,
) -> Result<(), Failure> {
    if !eviction.complete && wait.wait.is_some() {
        let client = session.client()?;
        let path = format!("/evictions/{}", eviction.id);
        let (reached, _) = wait
            .until(async || {
                let seen: Eviction = client.get(&path).await?;
                Ok(if seen.complete {
                    Look::Done(seen)
                } else {
                    let missing = missing(&seen);
                    Look::NotYet(seen, missing)
                })
            })
            .await?;
        eviction = reached;
    }
    session.output.done(&format!("{sentence}; {}", reach(&eviction)), &eviction)?;
    if wait.wait.is_some() && !eviction.complete {
        return Err(Failure::failed("not every router has acknowledged in time; the eviction stands"));
    }
    Ok(())
}

fn late(eviction: &Eviction) -> Vec<&RouterAcknowledgement> {
    eviction.routers.iter().flatten().filter(|router| !router.acknowledged).collect()
}

fn missing(eviction: &Eviction) -> String {
    let late: Vec<String> = late(eviction).iter().map(|router| name(router)).collect();
    if eviction.routers.is_none() {
        "not in force everywhere yet".to_owned()
    } else if late.is_empty() {
        "its trust document is not signed yet".to_owned()
    } else {
        format!("not acknowledged yet by {}", late.join(", "))
    }
}

fn name(router: &RouterAcknowledgement) -> String {
    format!("{}/{}", router.backbone, router.site)
}

/// How many routers enforce it, and of each other one why not, and until when it may still admit somebody.
fn reach(eviction: &Eviction) -> String {
    let late = late(eviction);
    let of_each: Vec<String> = late
        .iter()
        .map(|router| {
            let how = if router.reachable { "" } else { ", which is unreachable" };
            let until = match router.document_expires {
                Some(expires) => format!(" and admits nobody new after {}", time(expires)),
                None => String::new(),
            };
            match (how, until.as_str()) {
                ("", "") => name(router),
                ("", until) => format!("{} (it{})", name(router), until.trim_start_matches(" and")),
                (how, until) => format!("{}{how}{until}", name(router)),
            }
        })
        .collect();
    let Some(routers) = &eviction.routers else {
        // Which routers there are is for administrators of the backbone.
        let reached = if eviction.complete { "in force everywhere" } else { "committed; not in force everywhere yet" };
        return reached.to_owned();
    };
    match (routers.len(), late.len()) {
        (0, _) if eviction.complete => "there is no router that would have to acknowledge it".to_owned(),
        (1, 0) if eviction.complete => format!("acknowledged by the only router, {}", name(&routers[0])),
        (all, 0) if eviction.complete => format!("acknowledged by all {all} routers"),
        (_, 0) => {
            "committed; not acknowledged yet: its trust document is signed as soon as the controller can".to_owned()
        }
        (all, missing) if all == missing => format!("committed; not acknowledged yet by {}", of_each.join("; ")),
        (all, missing) => {
            format!("acknowledged by {} of {all} routers, not yet by {}", all - missing, of_each.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eviction(routers: &[(&str, bool, bool)]) -> Eviction {
        let router = |(site, acknowledged, reachable): &(&str, bool, bool)| {
            serde_json::json!({
                "backbone": "main", "site": site, "site_id": uuid::Uuid::nil(), "acknowledged": acknowledged,
                "reachable": reachable,
                "document_expires": (!acknowledged).then_some("2027-01-31T09:00:00Z"),
            })
        };
        let routers: Vec<_> = routers.iter().map(router).collect();
        let complete = routers.iter().all(|router| router["acknowledged"] == true);
        let json = serde_json::json!({"id": uuid::Uuid::nil(), "complete": complete, "routers": routers});
        serde_json::from_value(json).expect("an eviction")
    }

    #[test]
    fn who_has_not_acknowledged_is_named_with_the_time_until_which_that_matters() {
        assert_eq!(reach(&eviction(&[("east", true, true), ("west", true, true)])), "acknowledged by all 2 routers");
        assert_eq!(reach(&eviction(&[("east", true, true)])), "acknowledged by the only router, main/east");
        let said = reach(&eviction(&[("east", true, true), ("west", false, false)]));
        assert!(
            said.starts_with("acknowledged by 1 of 2 routers, not yet by main/west, which is unreachable"),
            "{said}"
        );
        assert!(said.contains("admits nobody new after 2027-01-31"), "{said}");
        let said = reach(&eviction(&[("east", false, true), ("west", false, false)]));
        assert!(said.starts_with("committed; not acknowledged yet by main/east (it admits nobody new after"), "{said}");
        let unsigned = Eviction { complete: false, ..eviction(&[]) };
        assert!(reach(&unsigned).starts_with("committed; not acknowledged yet"), "{}", reach(&unsigned));
        assert_eq!(missing(&unsigned), "its trust document is not signed yet");
    }
}
