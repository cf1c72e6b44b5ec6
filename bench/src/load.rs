//! Many connections, few threads.

use std::{
    sync::{Arc, Barrier},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures::{TryStreamExt, stream::FuturesUnordered};

use crate::{
    client::Client,
    servers::{Server, block_on},
};

/// How much the clients do at once.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Threads of the client. Its processor time is taken from the server, so there are as few as keep the server busy.
    pub threads: usize,
    /// Connections, shared among the threads. Each has one request under way.
    pub connections: usize,
}

/// Gives each of `connections` a client and a task. All connect first; the clock runs from when the tasks start until the last
/// one has ended.
pub fn drive<T, F, A>(
    server: &Server,
    load: Load,
    authorization: Option<&Arc<str>>,
    task: F,
) -> Result<(Duration, Vec<T>)>
where
    T: Send,
    A: Future<Output = Result<T>>,
    F: Fn(usize, Client) -> A + Sync,
{
    let threads = load.threads.min(load.connections).max(1);
    let barrier = Barrier::new(threads + 1);
    let connect = async |connections: Vec<usize>| -> Result<Vec<(usize, Client)>> {
        let mut clients = Vec::new();
        for index in connections {
            clients.push((index, Client::open(server.endpoint.address, authorization.cloned()).await?));
        }
        Ok(clients)
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let (barrier, task, connect) = (&barrier, &task, &connect);
                scope.spawn(move || {
                    block_on(async {
                        let clients = connect((thread..load.connections).step_by(threads).collect()).await;
                        barrier.wait();
                        let tasks = FuturesUnordered::new();
                        for (index, client) in clients? {
                            tasks.push(task(index, client));
                        }
                        tasks.try_collect::<Vec<T>>().await
                    })?
                })
            })
            .collect();
        barrier.wait();
        let started = Instant::now();
        let mut results = Vec::new();
        for thread in running {
            results.extend(thread.join().ok().context("a thread of the client panicked")??);
        }
        Ok((started.elapsed(), results))
    })
}
