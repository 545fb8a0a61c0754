//! Where those stand who ask, and what they may.

use api::Standing;
use jiff::Timestamp;
use store::{
    grant::Held,
    group::Group,
    subject::{Kind, Subject},
};

use super::standing;
use crate::ops::{quota::Quota, token::Token, user::User};

pub(in super::super) fn user(found: &User) -> Option<Standing> {
    let User { subject, password, last_sign_in, .. } = found;
    let Subject { name, updated, .. } = subject;
    if let Some(disabled) = subject.disabled {
        return standing(
            "disabled",
            disabled,
            "an administrator has disabled it: nothing of it is accepted",
            format!("`skx user enable {name}`"),
        );
    }
    let signs_in = || match last_sign_in {
        Some(last) => format!("it signs in, last {last:.0}"),
        None => "it can sign in, and has not of late".to_owned(),
    };
    let nothing = format!("nothing: `skx user disable {name}` ends what it may");
    match (subject.kind, &subject.issuer, password) {
        (Kind::Service, ..) => standing("active", *updated, "it asks with tokens of its own", nothing),
        (Kind::Person, Some(provider), None) => {
            standing("active", *updated, format!("{}, at {provider}", signs_in()), nothing)
        }
        (Kind::Person, None, None) => standing(
            "no-password",
            *updated,
            "it has no password yet",
            format!("`skx user reset {name}` gives it one for one use"),
        ),
        (Kind::Person, _, Some(true)) => standing(
            "one-time-password",
            *updated,
            "its password is for one use",
            "they sign in with it, and choose another",
        ),
        (Kind::Person, _, Some(false)) => standing("active", *updated, signs_in(), nothing),
    }
}

pub(in super::super) fn token(found: &Token, now: Timestamp) -> Option<Standing> {
    let kept = &found.kept;
    if now >= kept.expires {
        let next = format!("nothing: make another, `skx token create NAME --user {}`", kept.subject_name);
        return standing("expired", kept.expires, "its end has come", next);
    }
    let why = match kept.last_used {
        Some(used) => format!("it was last used {used:.0}"),
        None => "it was not used yet".to_owned(),
    };
    let next = format!(
        "it ends {:.0}; `skx token revoke {} --user {}` ends it now",
        kept.expires, kept.name, kept.subject_name
    );
    standing("good", kept.created, why, next)
}

pub(in super::super) fn group(found: &Group) -> Option<Standing> {
    let Group { name, members, updated, .. } = found;
    let (state, next) = match members {
        0 => ("empty", format!("`skx group member add {name} USER`")),
        _ => ("in-use", format!("`skx group member add|remove {name} USER`")),
    };
    standing(state, *updated, format!("{members} are in it"), next)
}

pub(in super::super) fn grant(found: &Held) -> Option<Standing> {
    standing(
        "in-force",
        found.created,
        "it was given, and not taken back since",
        format!("`skx grant delete {}` takes it back", found.id),
    )
}

pub(in super::super) fn quota(found: &Quota) -> Option<Standing> {
    standing(
        "in-force",
        found.updated,
        format!("there may be {} at most; what there was before stays", found.most),
        format!("`skx quota set {} N`, or `skx quota delete {}`", found.id, found.id),
    )
}
