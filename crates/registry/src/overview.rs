//! The first page after signing in.

use crate::{
    Access, Actor, Clock, Error, Ground, Result,
    access::Visibility,
    db::{
        self, Db,
        overview::{Sums, date},
    },
    people::{AccessTokens, LIBRARY, People, Robots},
    projects::Projects,
    settings::Settings,
};
use api_types::{Checklist, ExpiringCredential, ListQuery, Overview, RecentPush, TrafficDay};
use std::{cmp::Reverse, sync::Arc, time::Instant};

/// Days of traffic that are shown, today among them.
const DAYS: i64 = 14;

/// Pushes that are shown.
const PUSHES: u32 = 10;

/// Projects that are shown.
const PROJECTS: u32 = 6;

/// Microseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A sum that took so long to add up is remembered this many times as long, so that no number of viewers makes adding up take
/// more than a twentieth of one connection's time. While there is little to add up, it is always fresh.
const REMEMBERED_FACTOR: u32 = 20;

/// The service of the overview.
#[derive(Clone, Debug)]
pub struct OverviewService {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
    people: People,
    projects: Projects,
    settings: Settings,
    robots: Robots,
    access_tokens: AccessTokens,
    sums: moka::sync::Cache<Visibility, (Instant, Sums)>,
}

impl OverviewService {
    pub(crate) fn new(
        (db, access, clock): Ground,
        people: People,
        projects: Projects,
        settings: Settings,
        (robots, access_tokens): (Robots, AccessTokens),
    ) -> Self {
        let sums = moka::sync::Cache::builder().max_capacity(1_000).build();
        Self { db, access, clock, people, projects, settings, robots, access_tokens, sums }
    }

    /// What is going on, as far as the actor may see. The checklist is for administrators.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for accounts that no longer stand.
    pub async fn get(&self, actor: &Actor) -> Result<Overview> {
        let visibility = self.access.visibility(actor).await?;
        let Sums { stored, referenced, tags } = self.sums(&visibility).await?;
        let query = ListQuery { limit: PROJECTS, ..ListQuery::default() };
        let projects = self.projects.list(actor, &query).await?;
        Ok(Overview {
            checklist: self.checklist(actor).await?,
            stored,
            referenced,
            tags,
            traffic: self.traffic(&visibility).await?,
            recent_pushes: self.recent_pushes(&visibility).await?,
            projects_total: projects.total,
            projects: projects.items,
            expiring: self.expiring(actor).await?,
        })
    }

    /// Robots and tokens that somebody should look after, first to end first.
    async fn expiring(&self, actor: &Actor) -> Result<Vec<ExpiringCredential>> {
        let mut expiring = self.robots.expiring(actor, None).await?;
        expiring.extend(self.access_tokens.expiring(actor).await?);
        expiring.sort_by_key(|credential| credential.expires_at);
        Ok(expiring)
    }

    async fn sums(&self, visibility: &Visibility) -> Result<Sums> {
        let started = Instant::now();
        if let Some((until, sums)) = self.sums.get(visibility)
            && started < until
        {
            return Ok(sums);
        }
        let sums = db::overview::sums(self.db.reader(), visibility).await?;
        let until = Instant::now() + started.elapsed() * REMEMBERED_FACTOR;
        self.sums.insert(visibility.clone(), (until, sums));
        Ok(sums)
    }

    async fn traffic(&self, visibility: &Visibility) -> Result<Vec<TrafficDay>> {
        let today = db::micros(self.clock.now()).div_euclid(DAY);
        let first = today - DAYS + 1;
        let known = db::overview::traffic(self.db.reader(), visibility, first).await?;
        let mut days = Vec::with_capacity(usize::try_from(DAYS).unwrap_or_default());
        for number in first..=today {
            let known = known.iter().find(|(day, _)| *day == number).map(|(_, traffic)| *traffic);
            let nothing = || date(number).map(|day| TrafficDay { day, pushes: 0, pulls: 0 });
            days.extend(known.or_else(nothing));
        }
        Ok(days)
    }

    /// The newest of the last pushes of those projects that were pushed to last: no other project can have a newer one.
    async fn recent_pushes(&self, visibility: &Visibility) -> Result<Vec<RecentPush>> {
        let mut pushes = Vec::new();
        for project in db::overview::projects_by_push(self.db.reader(), visibility, PUSHES).await? {
            pushes.extend(db::overview::pushes(self.db.reader(), project, PUSHES).await?);
        }
        pushes.sort_by_key(|push| Reverse(push.pushed_at));
        pushes.truncate(PUSHES as usize);
        Ok(pushes)
    }

    async fn checklist(&self, actor: &Actor) -> Result<Option<Checklist>> {
        match self.access.administrator(actor).await {
            Ok(_) => {}
            Err(Error::AdministratorsOnly | Error::Unauthenticated) => return Ok(None),
            Err(error) => return Err(error),
        }
        let Ok(user) = self.access.person(actor).await else { return Ok(None) };
        let viewer = self.people.find_viewer(user).await?;
        if viewer.is_none_or(|viewer| viewer.checklist_dismissed_at.is_some()) {
            return Ok(None);
        }
        Ok(Some(Checklist {
            password: !self.people.default_password_stands().await?,
            project: db::projects::any_beside(self.db.reader(), LIBRARY).await?,
            login: self.settings.first_registry_login().await?.is_some(),
            push: db::overview::any_push(self.db.reader()).await?,
            robot: db::overview::any_robot(self.db.reader()).await?,
        }))
    }
}

#[cfg(test)]
mod tests;
