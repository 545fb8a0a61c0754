//! While the network is open: a picture of it that is always of this moment.

use std::time::Duration;

use crate::stage::Stage;

/// How often the picture is drawn anew.
const EVERY: Duration = Duration::from_secs(1);

impl Stage<'_> {
    /// Shows the network as it is, until a process ends by itself; names that one.
    pub(crate) async fn stay(&mut self) -> &'static str {
        let (mut drawn, mut shown) = (0, None);
        loop {
            if let Some(name) = self.ended() {
                return name;
            }
            // Without an answer the last picture stays: what is wrong shows as an ended process.
            if let Ok(picture) = self.look().await
                && shown.as_ref() != Some(&picture)
            {
                drawn = self.show.redraw(&picture.draw(), drawn);
                shown = Some(picture);
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
