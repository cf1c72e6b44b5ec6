//! How long robots and access tokens live, and how they stand.

use crate::{Error, Result, db};
use api_types::{CredentialState, Lifetime};
use time::{Duration, OffsetDateTime};

/// How long before their end they are warned of, and how long after it they are still spoken of.
pub(crate) const WARNING: Duration = Duration::days(14);

/// The end of something that lives so long from now on.
///
/// # Errors
/// [`Error::Invalid`] on `lifetime` for no days at all and for more than ten years.
pub(crate) fn end_of(lifetime: Lifetime, now: i64) -> Result<Option<i64>> {
    match lifetime {
        Lifetime::Never => Ok(None),
        Lifetime::Days(days @ 1..=Lifetime::MAX_DAYS) => Ok(Some(now + db::micros_of(Duration::days(i64::from(days))))),
        Lifetime::Days(_) => Err(Error::Invalid {
            field: "lifetime",
            code: "lifetime_out_of_range",
            message: format!("it can live for 1 to {} days, or for ever", Lifetime::MAX_DAYS),
        }),
    }
}

/// How something stands that ends then and may be out of use.
pub(crate) fn state(disabled: bool, expires_at: Option<OffsetDateTime>, now: OffsetDateTime) -> CredentialState {
    match expires_at {
        _ if disabled => CredentialState::Disabled,
        Some(end) if end <= now => CredentialState::Expired,
        Some(end) if end - now <= WARNING => CredentialState::ExpiresSoon,
        _ => CredentialState::Active,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use time::macros::datetime;

    #[test]
    fn what_ends_is_warned_of_two_weeks_before() {
        let now = datetime!(2026-11-28 12:00 UTC);
        for (left, told) in [
            (Duration::days(15), CredentialState::Active),
            (Duration::days(14), CredentialState::ExpiresSoon),
            (Duration::SECOND, CredentialState::ExpiresSoon),
            (Duration::ZERO, CredentialState::Expired),
            (-Duration::days(400), CredentialState::Expired),
        ] {
            assert_eq!(state(false, Some(now + left), now), told, "{left}");
            assert_eq!(state(true, Some(now + left), now), CredentialState::Disabled);
        }
        assert_eq!(state(false, None, now), CredentialState::Active);
    }

    #[test]
    fn nothing_lives_for_no_time_or_for_longer_than_can_be_told() {
        let day = 24 * 60 * 60 * 1_000_000;
        assert_eq!(end_of(Lifetime::Days(1), 5).unwrap(), Some(5 + day));
        assert_eq!(end_of(Lifetime::Never, 5).unwrap(), None);
        assert_eq!(end_of(Lifetime::default(), 0).unwrap(), Some(90 * day));
        for days in [0, Lifetime::MAX_DAYS + 1, u32::MAX] {
            assert!(matches!(end_of(Lifetime::Days(days), 5), Err(Error::Invalid { field: "lifetime", .. })), "{days}");
        }
    }
}
