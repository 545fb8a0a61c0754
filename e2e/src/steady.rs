//! Steady traffic of which every byte is known beforehand: what is lost, doubled, changed or out of order is found, in either
//! direction.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use testkit::process::{PATIENCE, eventually};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Between two pieces of what is said: steady, and far from all that is possible.
const PAUSE: Duration = Duration::from_millis(40);
/// The longest piece.
const LONGEST: u64 = 8 * 1024;

/// Serves whoever connects with a conversation, until the process ends; gives the bound address.
pub async fn serve() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Err(error) = answer(stream).await {
                    eprintln!("a conversation was broken off at its server: {error:#}");
                }
            });
        }
    });
    Ok(bound)
}

/// Many conversations at a time, which go on until they are ended.
#[derive(Debug, Default)]
pub struct Load {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Result<()>>,
    /// By conversation, or by row of short ones, the bytes that came back or the number of them.
    progress: Vec<Arc<AtomicU64>>,
    seeds: u64,
    carried: Arc<Carried>,
}

#[derive(Debug, Default)]
struct Carried {
    streams: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// What was carried in all.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Long conversations, each on one connection.
    pub streams: u64,
    /// Short ones.
    pub requests: u64,
    /// Bytes in both directions of all of them.
    pub bytes: u64,
}

impl Load {
    /// Begins a conversation that goes on until all are ended.
    pub fn stream(&mut self, door: SocketAddr) {
        let (seed, progress) = self.another();
        let (stop, carried) = (Arc::clone(&self.stop), Arc::clone(&self.carried));
        self.tasks.spawn(async move {
            let until = async {
                while !stop.load(Ordering::SeqCst) {
                    sleep(PAUSE).await;
                }
            };
            let bytes = talk(door, seed, until, &progress).await.context("a stream was closed")?;
            carried.bytes.fetch_add(bytes, Ordering::SeqCst);
            carried.streams.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
    }

    /// Begins short conversations one after the other, until all are ended.
    pub fn requests(&mut self, door: SocketAddr) {
        let (seed, progress) = self.another();
        let (stop, carried) = (Arc::clone(&self.stop), Arc::clone(&self.carried));
        self.tasks.spawn(async move {
            let unseen = AtomicU64::new(0);
            let mut seed = Known(seed);
            while !stop.load(Ordering::SeqCst) {
                let bytes = talk(door, seed.next(), async {}, &unseen).await.context("a request failed")?;
                carried.bytes.fetch_add(bytes, Ordering::SeqCst);
                carried.requests.fetch_add(1, Ordering::SeqCst);
                progress.fetch_add(1, Ordering::SeqCst);
                sleep(PAUSE).await;
            }
            Ok(())
        });
    }

    fn another(&mut self) -> (u64, Arc<AtomicU64>) {
        self.seeds += 1;
        let progress = Arc::default();
        self.progress.push(Arc::clone(&progress));
        (self.seeds << 32, progress)
    }

    /// Waits until every conversation has gone on since now. None was closed before.
    pub async fn goes_on(&mut self) -> Result<()> {
        let before: Vec<u64> = self.progress.iter().map(|it| it.load(Ordering::SeqCst)).collect();
        let Self { tasks, progress, .. } = self;
        eventually("every conversation goes on", async || {
            if let Some(ended) = tasks.try_join_next() {
                return Some(ended.map_err(anyhow::Error::from).and_then(|ended| ended));
            }
            let on = progress.iter().zip(&before).all(|(now, before)| now.load(Ordering::SeqCst) > *before);
            on.then_some(Ok(()))
        })
        .await?
    }

    /// Ends all of them in order. None was closed before, and both ends of each have heard what the other one said.
    pub async fn end(mut self) -> Result<Figures> {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = timeout(PATIENCE, self.tasks.join_next()).await.context("the conversations end")? {
            ended??;
        }
        let Carried { streams, requests, bytes } = &*self.carried;
        let [streams, requests, bytes] = [streams, requests, bytes].map(|it| it.load(Ordering::SeqCst));
        Ok(Figures { streams, requests, bytes })
    }
}

/// One short conversation.
pub async fn ask(door: SocketAddr) -> Result<()> {
    talk(door, 1, async {}, &AtomicU64::new(0)).await.map(drop)
}

/// Talks until `until`: says what follows from `seed`, hears what follows from its opposite, and agrees with the other end on how
/// much it was. Gives the bytes of both directions.
async fn talk(door: SocketAddr, seed: u64, until: impl Future<Output = ()>, progress: &AtomicU64) -> Result<u64> {
    let mut stream = TcpStream::connect(door).await?;
    let (mut read, mut write) = stream.split();
    write.write_u64(seed).await?;
    let speaking = async {
        let said = speak(&mut write, Known(seed), until).await?;
        write.write_u32(0).await?;
        write.shutdown().await?;
        anyhow::Ok(said)
    };
    let listening = listen(&mut read, Known(!seed), progress);
    let (said, heard) = tokio::try_join!(speaking, listening)?;
    let arrived = read.read_u64().await?;
    ensure!(arrived == said, "{said} bytes were said, and {arrived} arrived");
    ensure!(read.read(&mut [0]).await? == 0, "something came after the end");
    Ok(said + heard)
}

/// The server's side of a conversation.
async fn answer(mut stream: TcpStream) -> Result<()> {
    let (mut read, mut write) = stream.split();
    let seed = read.read_u64().await?;
    let (end, ended) = oneshot::channel();
    let listening = async {
        let heard = listen(&mut read, Known(seed), &AtomicU64::new(0)).await?;
        ensure!(read.read(&mut [0]).await? == 0, "something came after the end");
        // Fails only when nobody speaks any more.
        let _ = end.send(());
        anyhow::Ok(heard)
    };
    let speaking = speak(&mut write, Known(!seed), async { drop(ended.await) });
    let (heard, _) = tokio::try_join!(listening, speaking)?;
    write.write_u32(0).await?;
    write.write_u64(heard).await?;
    write.shutdown().await?;
    Ok(())
}

/// Says pieces until `until`; one in any case.
async fn speak(
    write: &mut (impl AsyncWrite + Unpin),
    mut known: Known,
    until: impl Future<Output = ()>,
) -> Result<u64> {
    let mut until = pin!(until);
    let mut said = 0;
    loop {
        let piece = known.piece();
        write.write_u32(u32::try_from(piece.len())?).await?;
        write.write_all(&piece).await?;
        said += piece.len() as u64;
        tokio::select! {
            biased;
            () = &mut until => return Ok(said),
            () = sleep(PAUSE) => {}
        }
    }
}

/// Hears pieces until an empty one, each of which must be what it has to be.
async fn listen(read: &mut (impl AsyncRead + Unpin), mut known: Known, progress: &AtomicU64) -> Result<u64> {
    let mut heard = 0;
    loop {
        let len = read.read_u32().await?;
        if len == 0 {
            return Ok(heard);
        }
        let expected = known.piece();
        ensure!(len as usize == expected.len(), "after {heard} bytes came {len}, not {}", expected.len());
        let mut piece = vec![0; expected.len()];
        read.read_exact(&mut piece).await?;
        ensure!(piece == expected, "after {heard} bytes came something else than was said");
        heard += u64::from(len);
        progress.store(heard, Ordering::SeqCst);
    }
}

/// Bytes that follow from a seed, by SplitMix64.
struct Known(u64);

impl Known {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn piece(&mut self) -> Vec<u8> {
        let len = usize::try_from(1 + self.next() % LONGEST).expect("a short piece");
        let mut piece = vec![0; len];
        for chunk in piece.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes()[..chunk.len()]);
        }
        piece
    }
}
