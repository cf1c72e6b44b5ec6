//! What the folder store achieves on a machine, next to the same work done with plain files.
//!
//! `cargo run --release -p blobstore --example throughput -- [FOLDER] [MIB] [ROUNDS]`
//!
//! Measures in a fresh folder below `FOLDER` (default: the current one), which is removed at the end: objects of `MIB`
//! MiB (default 1024) and of 4 KiB. Each line names the work, the figure, and the processor time that this process
//! spent on it.
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::{
    env,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use blobstore::{BlobStore as _, FolderStore, Location};
use bytes::Bytes;
use futures::{future::try_join_all, stream::StreamExt as _};
use rustix::fs::{Advice, fadvise};
use tokio::io::AsyncWriteExt as _;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const MIB: usize = 1024 * 1024;
const SMALL: usize = 4096;

/// What a server gets from a socket at once.
const CHUNK: usize = 64 * 1024;

#[tokio::main]
async fn main() -> Outcome {
    let mut arguments = env::args().skip(1);
    let below = arguments.next().unwrap_or_else(|| ".".to_owned());
    let mib: usize = arguments.next().map_or(Ok(1024), |text| text.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let unique = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    let root = Path::new(&below).join(format!("throughput-{unique}"));
    fs::create_dir_all(&root)?;
    let measured = measure(&root, mib, rounds).await;
    fs::remove_dir_all(&root)?;
    measured
}

async fn measure(root: &Path, mib: usize, rounds: usize) -> Outcome {
    let store = Arc::new(FolderStore::open(root.join("blobs"))?);
    let plain = root.join("plain");
    for _ in 0..rounds {
        large(&store, &plain, mib).await?;
        small(&store, root).await?;
        println!();
    }
    Ok(())
}

async fn large(store: &Arc<FolderStore>, plain: &PathBuf, mib: usize) -> Outcome {
    let chunk = Bytes::from(vec![42; CHUNK]);
    let chunks = mib * MIB / CHUNK;

    let clock = Clock::start();
    write_plain(plain, &chunk, chunks)?;
    clock.bytes("plain write + fsync", mib);

    let clock = Clock::start();
    let mut writer = store.begin().await?;
    for _ in 0..chunks {
        writer.write(chunk.clone()).await?;
    }
    let location = writer.commit().await?;
    clock.bytes("store write + commit", mib);

    let end = (mib * MIB) as u64;
    let clock = Clock::start();
    read_plain(plain)?;
    clock.bytes("plain read, cached", mib);
    let clock = Clock::start();
    read_store(store, &location, end).await?;
    clock.bytes("store read, cached", mib);

    let clock = Clock::start();
    sendfile(plain)?;
    clock.bytes("sendfile to a socket, cached", mib);
    let clock = Clock::start();
    send_store(store, &location, end).await?;
    clock.bytes("store to a socket, cached", mib);

    forget(plain)?;
    let clock = Clock::start();
    read_plain(plain)?;
    clock.bytes("plain read, cold", mib);
    let path = plain.with_file_name("blobs").join(&location.as_str()[..2]).join(location.as_str());
    forget(&path)?;
    let clock = Clock::start();
    read_store(store, &location, end).await?;
    clock.bytes("store read, cold", mib);
    forget(&path)?;
    let clock = Clock::start();
    send_store(store, &location, end).await?;
    clock.bytes("store to a socket, cold", mib);

    fs::remove_file(plain)?;
    store.delete_many(&[location]).await?;
    Ok(())
}

async fn small(store: &Arc<FolderStore>, root: &Path) -> Outcome {
    let mut locations = Vec::new();
    for clients in [1, 8, 64] {
        let clock = Clock::start();
        let made = thread::scope(|scope| {
            let threads: Vec<_> = (0..clients).map(|client| scope.spawn(move || put_plain(root, client))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or(Ok(0))).sum::<io::Result<usize>>()
        })?;
        clock.count(&format!("plain create + 2 fsync of 4 KiB, {clients} threads"), made);

        let clock = Clock::start();
        let put = try_join_all((0..clients).map(|_| tokio::spawn(put_store(store.clone())))).await?;
        let put = put.into_iter().collect::<Outcome<Vec<_>>>()?.concat();
        clock.count(&format!("store put of 4 KiB, {clients} clients"), put.len());
        locations.extend(put);

        let clock = Clock::start();
        let committed = try_join_all((0..clients).map(|_| tokio::spawn(commit_store(store.clone())))).await?;
        let committed = committed.into_iter().collect::<Outcome<Vec<_>>>()?.concat();
        clock.count(&format!("store begin, write, pause, resume, commit of 4 KiB, {clients} clients"), committed.len());
        locations.extend(committed);
    }

    for clients in [1, 16] {
        let clock = Clock::start();
        let opened = try_join_all((0..clients).map(|client| {
            let (store, locations) = (store.clone(), locations.clone());
            tokio::spawn(async move { open_store(&store, &locations, client * 7919).await })
        }))
        .await?;
        let opened = opened.into_iter().sum::<Outcome<usize>>()?;
        clock.count(&format!("store open + read of 4 KiB, {clients} tasks"), opened);
    }
    let clock = Clock::start();
    let mut opened = 0;
    while clock.running() {
        let location = locations[opened % locations.len()].as_str();
        fs::read(root.join("blobs").join(&location[..2]).join(location))?;
        opened += 1;
    }
    clock.count("plain open + read of 4 KiB, 1 thread", opened);
    let clock = Clock::start();
    let listed = store.list().count().await;
    clock.count("store list", listed);
    store.delete_many(&locations).await?;
    Ok(())
}

fn write_plain(path: &Path, chunk: &[u8], chunks: usize) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    for _ in 0..chunks {
        file.write_all(chunk)?;
    }
    file.sync_all()
}

fn read_plain(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 256 * 1024];
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}

async fn read_store(store: &FolderStore, location: &Location, end: u64) -> Outcome {
    let mut pieces = store.open(location, 0..end).await?;
    let mut read = 0;
    while let Some(piece) = pieces.next().await {
        read += piece?.len() as u64;
    }
    if read == end { Ok(()) } else { Err("short".into()) }
}

/// A client that reads everything; gives its address.
fn client() -> io::Result<(std::net::SocketAddr, thread::JoinHandle<io::Result<usize>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let reading = thread::spawn(move || {
        let (mut socket, _) = listener.accept()?;
        let mut buffer = vec![0; 256 * 1024];
        let mut received = 0;
        loop {
            match socket.read(&mut buffer)? {
                0 => return Ok(received),
                read => received += read,
            }
        }
    });
    Ok((address, reading))
}

fn sendfile(path: &Path) -> Outcome {
    let (address, reading) = client()?;
    let mut socket = TcpStream::connect(address)?;
    io::copy(&mut File::open(path)?, &mut socket)?;
    drop(socket);
    reading.join().map_err(|_| "the client failed")??;
    Ok(())
}

async fn send_store(store: &FolderStore, location: &Location, end: u64) -> Outcome {
    let (address, reading) = client()?;
    let mut socket = tokio::net::TcpStream::connect(address).await?;
    let mut pieces = store.open(location, 0..end).await?;
    while let Some(piece) = pieces.next().await {
        socket.write_all(&piece?).await?;
    }
    drop(socket);
    let received = reading.join().map_err(|_| "the client failed")??;
    if received as u64 == end { Ok(()) } else { Err("short".into()) }
}

fn forget(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    Ok(fadvise(&file, 0, None, Advice::DontNeed)?)
}

fn put_plain(root: &Path, client: usize) -> io::Result<usize> {
    let started = Instant::now();
    let folder = File::open(root)?;
    let mut made = 0;
    while started.elapsed() < PERIOD {
        let path = root.join(format!("{client}-{made}"));
        let mut file = File::create_new(&path)?;
        file.write_all(&[42; SMALL])?;
        file.sync_data()?;
        folder.sync_all()?;
        fs::remove_file(path)?;
        made += 1;
    }
    Ok(made)
}

async fn put_store(store: Arc<FolderStore>) -> Outcome<Vec<Location>> {
    let started = Instant::now();
    let mut locations = Vec::new();
    while started.elapsed() < PERIOD {
        locations.push(store.put(Bytes::from(vec![42; SMALL])).await?);
    }
    Ok(locations)
}

async fn commit_store(store: Arc<FolderStore>) -> Outcome<Vec<Location>> {
    let started = Instant::now();
    let mut locations = Vec::new();
    while started.elapsed() < PERIOD {
        let mut writer = store.begin().await?;
        writer.write(Bytes::from(vec![42; SMALL])).await?;
        let state = writer.pause().await?;
        locations.push(store.resume(&state, SMALL as u64).await?.commit().await?);
    }
    Ok(locations)
}

async fn open_store(store: &FolderStore, locations: &[Location], first: usize) -> Outcome<usize> {
    let started = Instant::now();
    let mut opened = 0;
    while started.elapsed() < PERIOD {
        read_store(store, &locations[(first + opened) % locations.len()], SMALL as u64).await?;
        opened += 1;
    }
    Ok(opened)
}

const PERIOD: Duration = Duration::from_secs(2);

/// Measures one kind of work.
struct Clock {
    started: Instant,
    processor: Duration,
}

impl Clock {
    fn start() -> Self {
        Self { started: Instant::now(), processor: processor() }
    }

    fn running(&self) -> bool {
        self.started.elapsed() < PERIOD
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn bytes(&self, work: &str, mib: usize) {
        let rate = (mib * MIB) as f64 / 1e9 / self.started.elapsed().as_secs_f64();
        self.line(work, &format!("{rate:>8.2} GB/s"));
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn count(&self, work: &str, times: usize) {
        let rate = times as f64 / self.started.elapsed().as_secs_f64();
        self.line(work, &format!("{rate:>8.0} /s  "));
    }

    fn line(&self, work: &str, figure: &str) {
        println!(
            "{work:<68} {figure} {:>6.2} s of processor",
            processor().saturating_sub(self.processor).as_secs_f64()
        );
    }
}

/// The processor time of this process, as far as Linux counts it.
fn processor() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().map(|rest| {
        let mut fields = rest.split_whitespace().skip(11).map(|field| field.parse::<u64>().unwrap_or_default());
        fields.next().unwrap_or_default() + fields.next().unwrap_or_default()
    });
    Duration::from_millis(10 * ticks.unwrap_or_default())
}
