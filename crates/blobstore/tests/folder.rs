//! What a folder store leaves in its folder, whatever happens to its process.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "file systems have clocks of their own")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, SystemTime},
};

use blobstore::{BlobStore as _, FolderStore, Location, StoreError};
use bytes::Bytes;
use futures::stream::TryStreamExt as _;

/// How long a process may take to store something.
const PATIENCE: Duration = Duration::from_secs(60);

fn noise(seed: u64) -> Bytes {
    let length = seed * 7919 % 1_500_000;
    (0..length).map(|index| u8::try_from((index * seed + index / 253) % 251).unwrap()).collect()
}

fn path_of(root: &Path, location: &Location) -> PathBuf {
    root.join(&location.as_str()[..2]).join(location.as_str())
}

async fn read(store: &FolderStore, location: &Location, length: usize) -> Result<Vec<u8>, StoreError> {
    let pieces: Vec<_> = store.open(location, 0..length as u64).await?.try_collect().await?;
    Ok(pieces.concat())
}

/// Stores objects without pause, and says so for each that was acknowledged, until it is killed.
async fn store_until_killed(root: &Path) {
    let store = FolderStore::open(root).unwrap();
    for seed in 1.. {
        let bytes = noise(seed);
        let location = if seed % 3 == 0 {
            store.put(bytes).await.unwrap()
        } else {
            let mut writer = store.begin().await.unwrap();
            writer.write(bytes.slice(..bytes.len() / 2)).await.unwrap();
            let state = writer.pause().await.unwrap();
            let mut writer = store.resume(&state, bytes.len() as u64 / 2).await.unwrap();
            writer.write(bytes.slice(bytes.len() / 2..)).await.unwrap();
            writer.commit().await.unwrap()
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nstored {seed} {location}").unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn acknowledged_objects_survive_a_kill_and_the_rest_is_swept() {
    const NAME: &str = "acknowledged_objects_survive_a_kill_and_the_rest_is_swept";
    const FOLDER: &str = "BLOBSTORE_TEST_FOLDER";
    // This test runs itself in a process that it can kill.
    if let Some(root) = env::var_os(FOLDER) {
        return store_until_killed(Path::new(&root)).await;
    }
    let root = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..8 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([NAME, "--exact", "--nocapture"])
            .env(FOLDER, root.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (told, stored) = mpsc::channel();
        let killer = thread::spawn(move || {
            // However long it takes to start: it has stored two objects, or ended by itself, before its time runs.
            let _ = (stored.recv_timeout(PATIENCE), stored.recv_timeout(PATIENCE));
            thread::sleep(Duration::from_millis(50 + 37 * round));
            child.kill().unwrap();
            child.wait().unwrap();
        });
        for line in out.lines().map_while(Result::ok) {
            // The last line may be cut: then the acknowledgement was not heard.
            if let Some((seed, location)) = line.strip_prefix("stored ").and_then(|rest| rest.split_once(' '))
                && location.len() == 32
            {
                acknowledged.push((seed.parse::<u64>().unwrap(), location.parse::<Location>().unwrap()));
                let _ = told.send(());
            }
        }
        drop(told);
        killer.join().unwrap();
    }
    assert!(acknowledged.len() > 8, "the processes did some work: {}", acknowledged.len());

    let store = FolderStore::open(root.path()).unwrap();
    let later = SystemTime::now() + Duration::from_mins(5);
    store.sweep(later).await.unwrap();
    assert_eq!(fs::read_dir(root.path().join("uploads")).unwrap().count(), 0);
    for (seed, location) in &acknowledged {
        let bytes = noise(*seed);
        assert!(read(&store, location, bytes.len()).await.unwrap() == bytes, "object {seed}");
        assert_eq!(store.size(location).await.unwrap(), Some(bytes.len() as u64));
    }
}

#[tokio::test]
async fn objects_are_there_when_the_store_is_opened_again() {
    let root = tempfile::tempdir().unwrap();
    let location = FolderStore::open(root.path()).unwrap().put(noise(1)).await.unwrap();
    let store = FolderStore::open(root.path()).unwrap();
    assert!(read(&store, &location, noise(1).len()).await.unwrap() == noise(1));
}

#[tokio::test]
async fn nobody_else_may_read_the_files() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("blobs");
    let store = FolderStore::open(&path).unwrap();
    let put = store.put(noise(1)).await.unwrap();
    let committed = store.begin().await.unwrap().commit().await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(path_of(&path, &put).parent().unwrap()), 0o700);
    assert_eq!(mode(&path_of(&path, &put)), 0o600);
    assert_eq!(mode(&path_of(&path, &committed)), 0o600);
}

#[tokio::test]
async fn files_of_others_are_neither_listed_nor_swept() {
    let root = tempfile::tempdir().unwrap();
    let store = FolderStore::open(root.path()).unwrap();
    let location = store.put(noise(1)).await.unwrap();
    let id = "0123456789abcdef0123456789abcdef";
    for path in ["note.txt", "01/note.txt", "uploads/note.txt", &format!("ff/{id}")] {
        fs::write(root.path().join(path), "not ours").unwrap();
    }
    fs::create_dir(root.path().join("01").join(id)).unwrap();
    let listed: Vec<_> = store.list().try_collect().await.unwrap();
    assert_eq!(listed.iter().map(|object| &object.location).collect::<Vec<_>>(), [&location]);
    store.sweep(SystemTime::now() + Duration::from_mins(5)).await.unwrap();
    assert!(root.path().join("uploads/note.txt").exists());
}

#[tokio::test]
async fn a_link_in_the_place_of_an_object_is_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), "secret").unwrap();
    let store = FolderStore::open(root.path()).unwrap();
    let location = store.put(noise(1)).await.unwrap();
    fs::remove_file(path_of(root.path(), &location)).unwrap();
    symlink(outside.path(), path_of(root.path(), &location)).unwrap();
    assert!(read(&store, &location, 6).await.is_err());
    assert!(store.size(&location).await.is_err());
    store.delete_many(&[location]).await.unwrap();
    assert_eq!(fs::read(outside.path()).unwrap(), b"secret");
}

#[tokio::test]
async fn a_store_whose_folder_is_gone_is_not_ready() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("blobs");
    let store = FolderStore::open(&path).unwrap();
    store.probe().await.unwrap();
    fs::remove_dir_all(&path).unwrap();
    assert!(matches!(store.probe().await, Err(StoreError::Io(_))));
    assert!(matches!(store.put(noise(1)).await, Err(StoreError::Io(_))));
    assert!(matches!(store.begin().await.map(drop), Err(StoreError::Io(_))));
    assert!(store.list().try_collect::<Vec<_>>().await.is_err());
}
