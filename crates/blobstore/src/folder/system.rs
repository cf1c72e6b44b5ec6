//! The calls of the operating system that the standard library does not have.
//!
//! Reading what the page cache holds takes microseconds and cannot block, so it is done where the request runs; only
//! what has to come from the disk goes to a thread of its own. Linux can tell the two apart (`RESOLVE_CACHED`,
//! `RWF_NOWAIT`). Where that is not known, on other systems or old kernels, everything goes to a thread: slower, and
//! just as right.

use std::{fs::File, io, io::Write as _, ops::Range};

use rustix::fs::{AtFlags, Mode, OFlags};

/// Files are for the server alone: whoever may read a blob is decided by the registry, not by the file system.
pub(super) const FILE_MODE: u32 = 0o600;
/// As [`FILE_MODE`], for folders.
pub(super) const FOLDER_MODE: u32 = 0o700;

/// Whether reads that must not block may be tried on files of this folder. On network file systems even an `open` that
/// finds its path in the cache, or asking for a file's size, can wait for the network.
pub(super) fn can_read_inline(folder: &File) -> bool {
    #[cfg(target_os = "linux")]
    {
        const LOCAL: [u32; 8] = [
            0xEF53,      // ext2, ext3, ext4
            0x5846_5342, // XFS
            0x9123_683E, // Btrfs
            0xF2F5_2010, // F2FS
            0xCA45_1A4E, // bcachefs
            0x2FC1_2FC1, // ZFS
            0x0102_1994, // tmpfs
            0x794C_7630, // overlayfs
        ];
        rustix::fs::fstatfs(folder).is_ok_and(|system| LOCAL.iter().any(|magic| i64::from(*magic) == system.f_type))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        false
    }
}

/// Opens a file below `folder` for reading if that needs no disk. `None`: it is not known without asking the disk.
pub(super) fn open_cached(folder: &File, path: &str) -> io::Result<Option<File>> {
    #[cfg(target_os = "linux")]
    {
        use rustix::{fs::ResolveFlags, io::Errno};
        let how = ResolveFlags::CACHED | ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(folder, path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOATIME, Mode::empty(), how)
        {
            Ok(file) => Ok(Some(file.into())),
            // Not cached; an old kernel; a sandbox that does not know the call; a file of another owner.
            Err(Errno::AGAIN | Errno::NOSYS | Errno::INVAL | Errno::PERM) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (folder, path);
        Ok(None)
    }
}

/// Opens a file below `folder` for reading. May block.
pub(super) fn open(folder: &File, path: &str) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    // Without NOATIME the first read of a file each day would write to the disk. Only the owner may ask for it.
    #[cfg(target_os = "linux")]
    match rustix::fs::openat(folder, path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(rustix::io::Errno::PERM) => {}
        opened => return Ok(opened?.into()),
    }
    Ok(rustix::fs::openat(folder, path, flags, Mode::empty())?.into())
}

/// Reads at `offset` what the page cache holds. `None`: nothing of it, or it is not known. `Some(0)`: the file ends
/// here.
pub(super) fn read_cached(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
    #[cfg(target_os = "linux")]
    {
        use rustix::io::{Errno, ReadWriteFlags};
        let mut buffers = [io::IoSliceMut::new(buffer)];
        match rustix::io::preadv2(file, &mut buffers, offset, ReadWriteFlags::NOWAIT) {
            Ok(read) => Ok(Some(read)),
            Err(Errno::AGAIN | Errno::INTR | Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, buffer, offset);
        Ok(None)
    }
}

/// Reads at `offset` into these buffers, in order, as far as the kernel does it in one go; 0 where the file ends. Blocks.
pub(super) fn read_vectored_at(file: &File, buffers: &mut [io::IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
    loop {
        match rustix::io::preadv(file, buffers, offset) {
            Err(rustix::io::Errno::INTR) => {}
            read => return Ok(read?),
        }
    }
}

/// Tells the kernel that the file will be read from here to its end, so that it reads far ahead.
pub(super) fn expect_sequential_reads(file: &File) {
    advise(file, None, Advice::Sequential);
}

/// Asks the kernel to begin writing a part of a file to the disk, without waiting for it, so that little is left to do
/// when the file is synced. May block while the disk's queue is full.
pub(super) fn write_back(file: &File, range: &Range<u64>) {
    // What is not needed is written back and then dropped from the cache, if it is clean: just written, it is not, so
    // it stays.
    advise(file, Some(range), Advice::DontNeed);
}

/// Writes at the file's position past the page cache, as far as that can be done; how many bytes it were. What is left is
/// for an ordinary write. Memory, position and lengths must be multiples of 4 KiB.
pub(super) fn write_direct(mut file: &File, bytes: &[io::IoSlice<'_>]) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    {
        let flags = rustix::fs::fcntl_getfl(file)?;
        if rustix::fs::fcntl_setfl(file, flags | OFlags::DIRECT).is_err() {
            // This file system has no such way.
            return Ok(0);
        }
        let written = file.write_vectored(bytes);
        rustix::fs::fcntl_setfl(file, flags)?;
        match written {
            // A device with larger blocks, or a file system that finds out only now.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Interrupted) => Ok(0),
            written => written,
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (&mut file, bytes);
        Ok(0)
    }
}

#[derive(Clone, Copy)]
enum Advice {
    Sequential,
    DontNeed,
}

/// Advice is only ever a matter of speed, so whether it was taken does not matter. Without a range it is for all of the file.
fn advise(file: &File, range: Option<&Range<u64>>, advice: Advice) {
    #[cfg(target_os = "linux")]
    {
        let (start, length) = range.map_or((0, 0), |range| (range.start, range.end.saturating_sub(range.start)));
        let advice = match advice {
            Advice::Sequential => rustix::fs::Advice::Sequential,
            Advice::DontNeed => rustix::fs::Advice::DontNeed,
        };
        let _ = rustix::fs::fadvise(file, start, std::num::NonZeroU64::new(length), advice);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, range, advice);
}

/// Creates a file below `folder` that was not there before, and opens it for writing.
pub(super) fn create(folder: &File, path: &str) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    match rustix::fs::openat(folder, path, flags, Mode::from(FILE_MODE)) {
        // Not to be taken for an absent object.
        Err(rustix::io::Errno::NOENT) => Err(io::Error::other("a folder of the store is gone")),
        created => Ok(created?.into()),
    }
}

/// Opens an existing file below `folder` for writing.
pub(super) fn open_for_writing(folder: &File, path: &str) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(folder, path, flags, Mode::empty())?.into())
}

/// Creates a folder below `folder`. One that is there already is fine.
pub(super) fn create_folder(folder: &File, path: &str) -> io::Result<()> {
    match rustix::fs::mkdirat(folder, path, Mode::from(FOLDER_MODE)) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes the names in a folder below `folder` as durable as they are now.
pub(super) fn sync_folder(folder: &File, path: &str) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(folder, path, flags, Mode::empty()).map(File::from)?.sync_all()
}

/// Renames a file below `folder`, and never onto another.
pub(super) fn rename(folder: &File, from: &str, to: &str) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::io::Errno;
        match rustix::fs::renameat_with(folder, from, folder, to, rustix::fs::RenameFlags::NOREPLACE) {
            // This file system, or this kernel, cannot check that by itself.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            renamed => return Ok(renamed?),
        }
    }
    // Names are random and given out once, so nobody creates this one between the two calls.
    if exists(folder, to)? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    Ok(rustix::fs::renameat(folder, from, folder, to)?)
}

/// Whether anything below `folder` has this name.
pub(super) fn exists(folder: &File, path: &str) -> io::Result<bool> {
    match rustix::fs::statat(folder, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(rustix::io::Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Removes a file below `folder`. `false`: it was not there.
pub(super) fn remove(folder: &File, path: &str) -> io::Result<bool> {
    match rustix::fs::unlinkat(folder, path, AtFlags::empty()) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
