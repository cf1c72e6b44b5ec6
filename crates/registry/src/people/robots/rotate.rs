//! New secrets for old ones.

use super::{CreatedRobot, Robots, access::no_more_than, created};
use crate::{
    Actor, Error, Result,
    access::RobotId,
    db::{self, audit, robots::Rotation},
    people::{
        lifetimes::end_of,
        tokens::{self, TokenKind},
    },
};
use api_types::{Lifetime, Overlap};
use time::OffsetDateTime;

impl Robots {
    /// Gives a robot a new secret. The present one goes on working for the overlap, so that pipelines can be changed one by
    /// one; one that was itself still working beside the present one ends now. `seen` is the robot's
    /// [`api_types::RobotSummary::rotated_at`] as whoever asks has seen it: a form that is sent twice does not rotate twice.
    /// Without a lifetime the robot ends when it did before.
    ///
    /// # Errors
    /// [`Error::RobotNotFound`]; [`Error::Forbidden`] for whoever does not administer its project, or has less than the robot;
    /// [`Error::RobotChanged`] if the secret was replaced since; [`Error::Invalid`] on `lifetime`.
    pub async fn rotate(
        &self,
        actor: &Actor,
        robot: RobotId,
        overlap: Overlap,
        lifetime: Option<Lifetime>,
        seen: Option<OffsetDateTime>,
    ) -> Result<CreatedRobot> {
        let (robot, home) = self.administered(actor, robot).await?;
        no_more_than(&home, actor, &robot.given)?;
        let secret = TokenKind::Robot.generate()?;
        let now = self.now();
        let previous_until = (overlap != Overlap::None).then(|| now + overlap.seconds() * 1_000_000);
        let expires_at = match lifetime {
            Some(lifetime) => end_of(lifetime, now)?,
            None => robot.expires_at.map(db::micros),
        };
        let rotation = Rotation {
            robot: robot.id,
            secret_hash: tokens::hash(secret.expose()),
            previous_until,
            expires_at,
            seen: seen.map(db::micros),
            now,
        };
        let event = home
            .event(actor, "robot.rotate", &robot.name)
            .with(serde_json::json!({ "previous_secret_works_for_seconds": overlap.seconds() }));
        let rotated = self
            .db
            .write((rotation, event), |txn, (rotation, event)| {
                Box::pin(async move {
                    let rotated = db::robots::rotate(txn, rotation).await?;
                    if rotated {
                        audit::record(txn, event, rotation.now).await?;
                    }
                    Ok(rotated)
                })
            })
            .await?;
        if !rotated {
            return Err(Error::RobotChanged);
        }
        self.access.forget();
        let project = robot.home.as_ref().map(|(_, name)| name.as_str());
        let ends = (expires_at.map(db::from_micros), previous_until.map(db::from_micros));
        Ok(created(robot.id, (project, &robot.name), secret, ends))
    }
}
