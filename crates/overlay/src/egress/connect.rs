//! Connecting to connectors' targets.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::timeout};

use super::table::LiveConnector;
use crate::net;

/// How long a target may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects to the first target that answers. The error is for the one who opened the stream: it names no host, which
/// is this site's own affair.
pub(super) async fn first(connectors: &[Arc<LiveConnector>]) -> Result<(Arc<LiveConnector>, TcpStream), String> {
    let mut why = "nothing serves the address here".to_owned();
    for live in connectors {
        let target = &live.connector.target;
        let error = match timeout(CONNECT_TIMEOUT, net::connect(target)).await {
            Ok(Ok(socket)) => {
                live.set_error(None);
                return Ok((live.clone(), socket));
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer within five seconds".to_owned(),
        };
        let connector = &live.connector;
        tracing::info!(connector = %connector.id, %target, %error, "the target of a connector cannot be reached");
        live.set_error(Some(format!("{target} cannot be reached: {error}")));
        "the target of the connector does not answer".clone_into(&mut why);
    }
    Err(why)
}
