use model::{NetworkId, SiteId};
use site_proto::{Admission, RedeemRequest, Refusal};
use store::member;

use super::{Unclaimed, redeem::admission};
use crate::{
    App,
    session::renew::{NotRenewed, certificate_for},
    sessions::Party,
    streams::Caller,
};

/// Renews the certificate of a member that was away when it expired, and answers with everything the site needs to go on.
pub(super) async fn renew(
    app: &App,
    caller: &Caller,
    (network, site): (NetworkId, SiteId),
    asked: RedeemRequest,
) -> Result<Admission, Unclaimed> {
    let party = Party::Member(caller.backbone, network, site);
    let certificate = certificate_for(app, party, &asked.csr, Some(&caller.serial)).await.map_err(refused)?;
    let member = member::get(app.store(), site).await?;
    tracing::info!(%network, %site, "a member that was away has a new certificate");
    Ok(admission(app, &member, certificate).await?)
}

/// For good, unless it can come again: later, or with another key.
fn refused(error: NotRenewed) -> Unclaimed {
    match error {
        NotRenewed::Refused(refusal) => {
            let again = matches!(refusal.code.as_str(), "busy" | "key-mismatch");
            Unclaimed::Refused(Refusal { r#final: !again, ..refusal })
        }
        NotRenewed::Failed(error) => Unclaimed::Failed(error),
    }
}
