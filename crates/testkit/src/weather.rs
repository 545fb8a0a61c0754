//! Long cables: packets between two hosts of a laboratory arrive late.
//!
//! Not every kernel has `netem`, so the cable is a TUN device at either end and a thread for each direction between them.

use std::{
    fs::File,
    os::fd::AsFd,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tun_rs::{DeviceBuilder, SyncDevice};

use crate::netns::{Host, Lab, device_name};

/// What fits through, in bytes: that of Ethernet.
const MTU: u16 = 1500;
/// How many packets are under way at most, as in a router's queue; what comes then is lost.
const QUEUE: usize = 1_000;

impl Lab {
    /// Like [`Lab::connect`], with a cable on which every packet takes `delay`, in both directions.
    ///
    /// # Errors
    /// When there is no `/dev/net/tun`, or it may not be used.
    pub async fn connect_far(&self, a: &Host, b: &Host, subnet: &str, delay: Duration) -> Result<()> {
        let (subnet, a, b) = (subnet.to_owned(), a.clone(), b.clone());
        tokio::task::spawn_blocking(move || {
            let here = Arc::new(device(&a, &device_name(&b), &format!("{subnet}.1"))?);
            let there = Arc::new(device(&b, &device_name(&a), &format!("{subnet}.2"))?);
            carry(&here, &there, delay);
            carry(&there, &here, delay);
            Ok(())
        })
        .await?
    }
}

/// A TUN device on a host. A thread of its own enters the host's namespace: that cannot be left again.
fn device(host: &Host, name: &str, address: &str) -> Result<SyncDevice> {
    let namespace = format!("/var/run/netns/{}", host.namespace());
    let (name, address) = (name.to_owned(), address.to_owned());
    let made = thread::spawn(move || {
        let file = File::open(&namespace).with_context(|| format!("opening {namespace}"))?;
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).context("entering a namespace")?;
        let device = DeviceBuilder::new().name(name).ipv4(address, 24, None).mtu(MTU).build_sync();
        device.context("making a TUN device; does /dev/net/tun exist?")
    });
    made.join().map_err(|_| anyhow!("the thread that makes a TUN device panicked"))?
}

/// Takes packets from one end to the other until the namespace of either is gone.
fn carry(from: &Arc<SyncDevice>, to: &Arc<SyncDevice>, delay: Duration) {
    let (from, to) = (Arc::clone(from), Arc::clone(to));
    let (enter, leave) = mpsc::sync_channel::<(Instant, Vec<u8>)>(QUEUE);
    thread::spawn(move || {
        let mut packet = vec![0; usize::from(MTU)];
        while let Ok(length) = from.recv(&mut packet) {
            if let Err(mpsc::TrySendError::Disconnected(_)) =
                enter.try_send((Instant::now() + delay, packet[..length].to_vec()))
            {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, packet) in leave {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.send(&packet).is_err() {
                return;
            }
        }
    });
}
