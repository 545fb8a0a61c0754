//! Who may do what.
//!
//! Whoever acts ([`Acting`]) holds roles by [`Grant`]s. What a request does is an [`Action`], what it does that to a
//! [`Target`]; and one function, [`decide`], says whether it may: it is allowed, it is forbidden, or what it is about does
//! not exist for whoever asks. [`Reach`] is the same for lists: what of many things somebody may see.

mod action;
mod grant;
mod reach;
mod subject;

pub use action::{Action, Need, Standing};
pub use grant::{Grant, Grantee, InvalidGrant, Role, Scope, UnknownRole};
pub use reach::{Decision, Filter, Reach, Target, decide};
pub use subject::{Access, Acting, INSTALLATION, Limit, SubjectKind};
