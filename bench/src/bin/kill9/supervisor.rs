//! Kills the server and starts it again.

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use bench::{
    random::Random,
    servers::{Program, Server},
};
use tokio::sync::watch;

use crate::world::{Phase, State};

/// How the kills went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kills {
    /// All of them.
    pub count: u64,
    /// Before the server had given its first answer.
    pub while_starting: u64,
    /// The longest time from a start to the first answer.
    pub longest_start: Duration,
    /// Whether the time was over before all of them.
    pub out_of_time: bool,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The server.
    pub program: &'a Program,
    /// Its folder.
    pub folder: &'a Path,
    /// Where it listens, each time.
    pub address: SocketAddr,
    /// How often it is killed.
    pub kills: u64,
    /// How long the server lives on average after its first answer.
    pub pace: Duration,
    /// When to stop though kills are left.
    pub deadline: Instant,
}

/// Kills a running server as planned, the last time for good.
pub fn torment(
    plan: &Plan<'_>,
    mut server: Server,
    state: &watch::Sender<State>,
    random: &mut Random,
) -> Result<Kills> {
    let mut kills = Kills { longest_start: server.first_answer, ..Kills::default() };
    loop {
        let twice = u64::try_from(plan.pace.as_millis()).unwrap_or(u64::MAX).saturating_mul(2);
        std::thread::sleep(Duration::from_millis(random.between(3, twice)));
        kills.out_of_time = Instant::now() > plan.deadline;
        let is_last = kills.count + 1 >= plan.kills || kills.out_of_time;
        kill(&mut server, &mut kills, state, if is_last { Phase::Over } else { Phase::Down });
        drop(server);
        if is_last {
            return Ok(kills);
        }
        server = plan.program.spawn(plan.folder, plan.address)?;
        // Some starts are killed too: recovery must bear it.
        while random.chance(10) && kills.count + 1 < plan.kills {
            let start = u64::try_from(kills.longest_start.as_millis()).unwrap_or(u64::MAX);
            std::thread::sleep(Duration::from_millis(random.below(start.max(2))));
            kill(&mut server, &mut kills, state, Phase::Down);
            kills.while_starting += 1;
            drop(server);
            server = plan.program.spawn(plan.folder, plan.address)?;
        }
        kills.longest_start = kills.longest_start.max(server.wait_for_an_answer()?);
        state.send_modify(|state| state.phase = Phase::Up);
    }
}

/// The count goes up first, so that a client that finds its connection broken knows why.
fn kill(server: &mut Server, kills: &mut Kills, state: &watch::Sender<State>, phase: Phase) {
    kills.count += 1;
    state.send_modify(|state| *state = State { kills: state.kills + 1, phase });
    server.process.kill();
}
