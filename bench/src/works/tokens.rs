//! The token realm, which every pull and push asks first.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{Contestant, REPOSITORY, REQUESTS, Scale, Work, provide, reads::repeat};
use crate::{
    endpoint::pull_and_push,
    image::Blob,
    measure::{Bar, Sample, Unit},
    servers::{Kind, Server, block_on},
};

/// Tokens for one repository, with the password that was right the last time.
pub struct Tokens {
    /// For how long.
    pub scale: Scale,
}

impl Work for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn title(&self) -> String {
        "token requests with a known password, 16 connections".to_owned()
    }

    fn unit(&self) -> Unit {
        REQUESTS
    }

    fn servers(&self) -> &'static [Kind] {
        &[Kind::Slipway]
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Figure(5000.0)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, _: u64) -> Result<Sample> {
        let server = &contestant.server;
        let request = block_on(server.endpoint.token_request(&[pull_and_push(REPOSITORY)]))??;
        repeat(server, self.scale, 16, async |_, mut client, until| {
            let mut requests = 0;
            while Instant::now() < until {
                let status = client.connection.send(&request).await?;
                ensure!(status == 200, "the token realm answers {status}");
                let mut bytes = 0;
                client.connection.body(|piece| bytes += piece.len()).await?;
                ensure!(bytes > 100, "the token realm answers without a token");
                requests += 1;
            }
            Ok(requests)
        })
    }
}
