//! Through which proxy a site dials.

use std::{env, fmt};

use clap::Args;
use model::proxy::{InvalidProxy, NoProxy, Proxy, ProxySettings};
use site::state::LockedDir;

use crate::{commands::join::unusable_state, failure::Failure};

/// Through what a site dials access points and other sites.
#[derive(Args, Clone)]
pub(crate) struct ProxyArgs {
    /// The HTTP proxy to dial through (CONNECT), as http://[USER:PASSWORD@]HOST:PORT; the site remembers it. none forgets it.
    ///
    /// Without it, $HTTPS_PROXY is followed. $NO_PROXY names who is dialled directly all the same; it is remembered with the
    /// proxy. A password on a command line is seen by other users of the machine: $HTTPS_PROXY is not.
    #[arg(long, value_name = "URL")]
    // Read here and not by clap, which would repeat what it cannot read: a password may be in it.
    proxy: Option<String>,
}

impl fmt::Debug for ProxyArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyArgs").finish_non_exhaustive()
    }
}

/// What is said of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    Through(Proxy),
    Forget,
}

fn wish(text: &str) -> Result<Wish, InvalidProxy> {
    match text {
        "none" => Ok(Wish::Forget),
        url => url.parse().map(Wish::Through),
    }
}

impl ProxyArgs {
    /// Remembers what was said, and returns what the environment says for a site that remembers nothing.
    pub(crate) fn settle(self, dir: &LockedDir) -> Result<Option<ProxySettings>, Failure> {
        let variable = |name: &str| env::var(name).or_else(|_| env::var(name.to_ascii_lowercase())).unwrap_or_default();
        let no_proxy: NoProxy = variable("NO_PROXY").into();
        if let Some(text) = self.proxy {
            let wish = wish(&text).map_err(|error| {
                Failure::usage(format_args!("--proxy: {error}")).how("or --proxy none, to forget the one remembered")
            })?;
            let mut local = dir.dir().local().map_err(unusable_state)?;
            local.proxy = match wish {
                Wish::Through(proxy) => Some(ProxySettings { proxy, no_proxy: no_proxy.clone() }),
                Wish::Forget => None,
            };
            dir.save_local(&local).map_err(unusable_state)?;
        }
        let url = variable("HTTPS_PROXY");
        if url.is_empty() {
            return Ok(None);
        }
        match url.parse() {
            Ok(proxy) => Ok(Some(ProxySettings { proxy, no_proxy })),
            Err(error) => Err(Failure::usage(format_args!("$HTTPS_PROXY cannot be followed: {error}"))
                .how("set it to http://HOST:PORT, or unset it; --proxy goes before it")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_or_forgotten_and_a_wrong_one_is_refused_without_its_password() {
        assert_eq!(wish("none"), Ok(Wish::Forget));
        assert!(matches!(wish("http://me:secret@proxy:3128"), Ok(Wish::Through(_))));
        let error = wish("socks5://me:secret@proxy:1080").expect_err("another kind").to_string();
        assert!(error.contains("HTTP proxy") && !error.contains("secret"), "{error}");
    }
}
