//! Uploads in every way that the specification has, and how they go on after the server was killed in the middle.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use bench::{
    client::with_query,
    image::Blob,
    payload::{CHUNK, Payload},
    random::Random,
};

use crate::{
    session::{Answer, Session, Step, Stop, within_patience},
    world::{World, count},
};

/// An upload that has not come to its end.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Where to.
    pub repository: String,
    /// What.
    pub blob: Blob,
    /// Its address, once the server has given one.
    address: Option<String>,
    /// Bytes that the server has acknowledged.
    kept: u64,
    /// Bytes that may have reached the server.
    sent: u64,
    /// Whether the request that completes it was sent.
    committing: bool,
}

impl Upload {
    /// Nothing is sent yet.
    pub fn new(repository: &str, blob: Blob) -> Self {
        Self { repository: repository.to_owned(), blob, address: None, kept: 0, sent: 0, committing: false }
    }

    fn size(&self) -> u64 {
        self.blob.payload.size
    }

    fn take_address(&mut self, answer: &Answer) -> Step<()> {
        self.address = Some(answer.location.clone().context("the answer has no Location")?);
        Ok(())
    }

    fn is_digest(&self) -> String {
        format!("digest={}", self.blob.digest)
    }
}

/// Uploads for one session.
#[derive(Debug)]
pub struct Uploader<'a> {
    /// Everything that is shared.
    pub world: &'a Arc<World>,
    /// The connection.
    pub session: &'a mut Session,
    /// The dice.
    pub random: &'a mut Random,
}

impl Uploader<'_> {
    /// Pushes a blob in one of the ways. `upload` tells after an error how far it came.
    pub async fn push(&mut self, upload: &mut Upload) -> Step<()> {
        self.world.journal().attempt_blob(&upload.repository, &upload.blob);
        match self.random.below(4) {
            0 => self.in_one_request(upload).await,
            1 => {
                self.begin(upload).await?;
                self.commit(upload, true).await
            }
            2 => {
                self.begin(upload).await?;
                self.stream(upload).await?;
                self.commit(upload, false).await
            }
            _ => {
                self.begin(upload).await?;
                self.chunks(upload).await?;
                self.commit(upload, false).await
            }
        }
    }

    /// Goes on with an upload that a kill has interrupted.
    pub async fn resume(&mut self, upload: &mut Upload) -> Step<()> {
        if upload.committing && self.is_complete(upload).await? {
            count(&self.world.tally.completed);
            return Ok(());
        }
        let Some(address) = upload.address.clone() else {
            count(&self.world.tally.restarted);
            return self.restart(upload).await;
        };
        let get = self.session.request("GET", &address).await?.end();
        let answer = self.session.ask(&get).await?.expect(&[204, 404], "status of an interrupted upload")?;
        if answer.status == 404 {
            if !upload.committing {
                let lost = format!("the upload {address} was acknowledged and is unknown after the kill");
                self.restart(upload).await?;
                return Err(Stop::Wrong(lost));
            }
            count(&self.world.tally.restarted);
            return self.restart(upload).await;
        }
        let range = answer.range.as_deref().context("the status of an upload has no Range")?;
        let last: u64 =
            range.rsplit('-').next().and_then(|last| last.parse().ok()).context("a Range without an end")?;
        let offset = if last == 0 { 0 } else { last + 1 };
        if offset < upload.kept || offset > upload.sent {
            let (kept, sent) = (upload.kept, upload.sent);
            let message = format!("an upload goes on at {offset}, but {kept} were acknowledged and {sent} sent");
            return Err(Stop::Wrong(message));
        }
        let was_committing = std::mem::replace(&mut upload.committing, false);
        (upload.kept, upload.sent) = (offset, offset);
        upload.take_address(&answer)?;
        match self.go_on(upload).await {
            // The kill fell between the end of the upload and the blob: nothing was acknowledged.
            Err(Stop::Gone(_)) if was_committing => {
                count(&self.world.tally.restarted);
                self.restart(upload).await
            }
            Ok(()) => {
                count(&self.world.tally.resumed);
                Ok(())
            }
            stop => stop,
        }
    }

    async fn go_on(&mut self, upload: &mut Upload) -> Step<()> {
        self.chunks(upload).await?;
        self.commit(upload, false).await
    }

    async fn restart(&mut self, upload: &mut Upload) -> Step<()> {
        *upload = Upload::new(&upload.repository, upload.blob.clone());
        self.begin(upload).await?;
        self.commit(upload, true).await
    }

    /// Whether the server has the blob. If it says so, it is held to it.
    async fn is_complete(&mut self, upload: &Upload) -> Step<bool> {
        let address = format!("/v2/{}/blobs/{}", upload.repository, upload.blob.digest);
        let head = self.session.request("HEAD", &address).await?.end();
        let answer = self.session.ask(&head).await?.expect(&[200, 404], "HEAD of a blob")?;
        if answer.status == 200 {
            self.world.journal().acknowledge_blob(&upload.repository, &upload.blob);
        }
        Ok(answer.status == 200)
    }

    async fn in_one_request(&mut self, upload: &mut Upload) -> Step<()> {
        let target = format!("/v2/{}/blobs/uploads/?{}", upload.repository, upload.is_digest());
        let post = self.session.request("POST", &target).await?;
        let post = post.header("Content-Type", "application/octet-stream").body(&upload.blob.payload.bytes());
        (upload.sent, upload.committing) = (upload.size(), true);
        let answer = self.session.ask(&post).await?.expect(&[201, 202], "POST of a blob")?;
        if answer.status == 201 {
            return self.acknowledged(upload, &answer);
        }
        // The specification allows a registry that cannot do this to begin an upload instead.
        (upload.sent, upload.committing) = (0, false);
        upload.take_address(&answer)?;
        self.commit(upload, true).await
    }

    async fn begin(&mut self, upload: &mut Upload) -> Step<()> {
        let target = format!("/v2/{}/blobs/uploads/", upload.repository);
        let post = self.session.request("POST", &target).await?.body(b"");
        upload.take_address(&self.session.ask(&post).await?.expect(&[202], "POST of an upload")?)
    }

    /// One PATCH with chunked encoding, sent in pieces with pauses, so that kills fall into it.
    async fn stream(&mut self, upload: &mut Upload) -> Step<()> {
        let address = upload.address.clone().unwrap_or_default();
        let patch = self.session.request("PATCH", &address).await?;
        let patch = patch.header("Content-Type", "application/octet-stream");
        upload.sent = upload.size();
        let payload = upload.blob.payload;
        let client = self.session.client().await?;
        let connection = &mut client.connection;
        connection.begin_chunked(patch).await?;
        let mut at = 0;
        while at < payload.size {
            let piece = payload.slice(at, at + CHUNK as u64);
            at += piece.len() as u64;
            connection.write(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
            connection.write(&[&piece, &b"\r\n"[..]].concat()).await?;
            pause(self.random).await;
        }
        connection.write(b"0\r\n\r\n").await?;
        let answer = within_patience(async {
            let status = client.connection.answer(false).await?;
            Answer::read(client, status).await
        })
        .await?;
        let answer = answer.expect(&[202], "PATCH of an upload, streamed")?;
        upload.kept = payload.size;
        upload.take_address(&answer)
    }

    /// The rest of the blob in PATCH requests with `Content-Range`, each acknowledged.
    async fn chunks(&mut self, upload: &mut Upload) -> Step<()> {
        let payload: Payload = upload.blob.payload;
        while upload.kept < payload.size {
            let most = (payload.size - upload.kept).min(512 << 10);
            let end = upload.kept + self.random.between(most.min(4096), most);
            let address = upload.address.clone().unwrap_or_default();
            let patch = self.session.request("PATCH", &address).await?;
            let patch = patch.header("Content-Type", "application/octet-stream");
            let patch = patch.header("Content-Range", &format!("{}-{}", upload.kept, end - 1));
            let patch = patch.body(&payload.slice(upload.kept, end));
            upload.sent = end;
            let answer = self.session.ask(&patch).await?.expect(&[202], "PATCH of an upload, a chunk")?;
            upload.kept = end;
            upload.take_address(&answer)?;
            pause(self.random).await;
        }
        Ok(())
    }

    async fn commit(&mut self, upload: &mut Upload, with_bytes: bool) -> Step<()> {
        let address = upload.address.clone().unwrap_or_default();
        let put = self.session.request("PUT", &with_query(&address, &upload.is_digest())).await?;
        let bytes = if with_bytes { upload.blob.payload.bytes() } else { Vec::new() };
        let put = put.header("Content-Type", "application/octet-stream").body(&bytes);
        (upload.sent, upload.committing) = (upload.size(), true);
        let answer = self.session.ask(&put).await?.expect(&[201], "PUT of an upload")?;
        self.acknowledged(upload, &answer)
    }

    fn acknowledged(&self, upload: &Upload, answer: &Answer) -> Step<()> {
        self.world.journal().acknowledge_blob(&upload.repository, &upload.blob);
        if answer.digest.as_deref() == Some(upload.blob.digest.to_string().as_str()) {
            return Ok(());
        }
        Err(Stop::Wrong(format!("{} was acknowledged as {:?}", upload.blob.digest, answer.digest)))
    }
}

/// Often none, at times some milliseconds.
async fn pause(random: &mut Random) {
    if random.chance(40) {
        tokio::time::sleep(Duration::from_millis(random.between(1, 8))).await;
    }
}
