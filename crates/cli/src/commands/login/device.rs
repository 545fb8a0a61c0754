//! The device flow: a person agrees in a browser, wherever that is, while this command waits.

use std::time::{Duration, Instant};

use api::{DeviceSignIn, DeviceSignInAsk, DeviceSignInState, DeviceSignInStatus, ProblemType};

use crate::{
    client::Client,
    context::Context,
    failure::{Code, Failure},
};

/// How much longer to wait between two questions when they come too soon (RFC 8628, section 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// Asks the person to agree, and waits until they have. Gives the session's token.
pub(super) async fn sign_in(context: &Context) -> Result<String, Failure> {
    let client = Client::new(context.clone())?;
    let begun: DeviceSignIn = client.act("/sign-in/device", &[]).await?;
    let lasts = Duration::from_secs(begun.expires_seconds.into());
    let until = Instant::now() + lasts;
    match &begun.verification_uri_complete {
        Some(complete) => eprintln!("Open {complete}\nand compare the code: {}", begun.user_code),
        None => eprintln!("Open {}\nand enter the code: {}", begun.verification_uri, begun.user_code),
    }
    eprintln!("Waiting for up to {} minutes …", lasts.as_secs().div_ceil(60));

    let mut interval = Duration::from_secs(begun.interval_seconds.into());
    let ask = DeviceSignInAsk { device_code: begun.device_code };
    loop {
        tokio::time::sleep(interval).await;
        let answer: Result<DeviceSignInStatus, Failure> = client.post("/sign-in/device/status", &ask).await;
        match answer {
            Ok(DeviceSignInStatus { session: Some(session), .. }) => return Ok(session.token.0),
            Ok(DeviceSignInStatus { state: DeviceSignInState::SlowDown, .. }) => interval += SLOWER,
            Ok(_) => {}
            Err(failure) if failure.is(ProblemType::TooManyAttempts) => interval += SLOWER,
            // What is away for a moment may be back before the time is over.
            Err(failure) if failure.code() == Code::Unreachable && Instant::now() < until => {}
            Err(failure) => return Err(failure),
        }
        if Instant::now() >= until {
            return Err(Failure::new(Code::Denied, "the time for it is over, and nobody has agreed")
                .how("begin again with skx login --device"));
        }
    }
}
