//! Runs the workloads of one deployment, as a site would, until it is killed: the process that a test kills.
//!
//! `workloads PLATFORM DIR SITE FILE [SOCKET [UNITS]]`; the file holds objects as they are rendered, in JSON.

use std::{collections::BTreeMap, error::Error, sync::Arc};

use compose::{model::Platform, render::Object};
use driver::{Desired, Options};
use jiff::Timestamp;
use model::Clock;

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [platform, dir, site, file, places @ ..] = arguments.as_slice() else {
        return Err("usage: workloads PLATFORM DIR SITE FILE [SOCKET [UNITS]]".into());
    };
    let platform = Platform::ALL.into_iter().find(|it| it.as_str() == platform).ok_or("no such platform")?;
    let place = |at: usize| places.get(at).map(Into::into);
    let options = Options { socket: place(0), units: place(1), ..Options::new(dir, site, Arc::new(SystemClock)) };
    let driver = driver::open(platform, options).await?;
    let objects: Vec<Object> = serde_json::from_slice(&std::fs::read(file)?)?;
    let deployment = "shop".to_owned();
    driver
        .apply(Desired { deployment, objects, checks: vec![], secrets: BTreeMap::new(), live: BTreeMap::new() })
        .await?;
    std::future::pending().await
}
