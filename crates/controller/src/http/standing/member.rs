//! Where a member site stands.

use api::Standing;
use jiff::Timestamp;
use model::lifecycle::{MemberState, NetworkState};

use super::{NOTHING, standing, with_its_clock};
use crate::ops::member::Member;

pub(in super::super) fn member(found: &Member) -> Option<Standing> {
    let state = found.state.as_str();
    let path = format!("{}/{}", found.network_name, found.name);
    let reason = found.reason.clone();
    match found.state {
        MemberState::Waiting | MemberState::Member | MemberState::Expired if found.network_state.is_over() => {
            let (since, how) = ended(found);
            standing(state, since, format!("its network, {}, {how}", found.network_name), NOTHING)
        }
        MemberState::Waiting => standing(
            state,
            found.since,
            reason.unwrap_or_else(|| "its invitation asks that somebody admits it".to_owned()),
            format!("`skx member admit|refuse {path}`"),
        ),
        MemberState::Member => {
            let why = reason.unwrap_or_else(|| seen(found));
            with_its_clock(found.wrong_clock, standing(state, found.since, why, moves(found)))
        }
        MemberState::Expired => standing(
            state,
            found.since,
            reason.unwrap_or_else(|| "its certificate has expired".to_owned()),
            "it joins again, with a new invitation",
        ),
        MemberState::Left | MemberState::Evicted | MemberState::Refused => {
            let why = reason.filter(|reason| reason != state).unwrap_or_else(|| {
                if found.state == MemberState::Left {
                    "it has left".to_owned()
                } else {
                    format!("it was {state} by somebody")
                }
            });
            standing(state, found.since, why, NOTHING)
        }
    }
}

/// When and how its network came to its end.
fn ended(found: &Member) -> (Timestamp, &'static str) {
    match found.network_evicted {
        Some(evicted) => (evicted, "was evicted"),
        None => (found.window.closes().unwrap_or(found.since), "has ended"),
    }
}

fn seen(found: &Member) -> String {
    match (found.online, found.last_seen) {
        (true, _) => "it has joined, and has a session with a controller".to_owned(),
        (false, Some(seen)) => format!("it has joined, and was last heard of {seen:.0}"),
        (false, None) => "it was admitted, and has not come since".to_owned(),
    }
}

/// What moves a member next: what comes first.
fn moves(found: &Member) -> String {
    let window = &found.window;
    match found.certificate_expires {
        _ if found.network_state == NetworkState::Scheduled => {
            format!("it is let in from {:.0} on, when its network starts", window.opens())
        }
        _ if found.network_state == NetworkState::Closing => {
            let closes = window.closes().unwrap_or(Timestamp::MAX);
            format!("its connections end {closes:.0}, unless the end of its network is moved before")
        }
        _ if found.reason.is_some() => "it comes back, and has it renewed".to_owned(),
        Some(expires) if window.lasts_until(expires) => format!("its membership ends with its network, {expires:.0}"),
        Some(expires) if !found.terms.renewable => format!("its membership ends {expires:.0}"),
        Some(_) => "nothing: its certificate is renewed by itself".to_owned(),
        None => "it fetches its certificate".to_owned(),
    }
}
