//! When something happens again and again: cron expressions, in UTC.
//!
//! Five fields (minute, hour, day of the month, month, day of the week) or six with seconds before them, as Harbor writes them;
//! `*`, numbers, names (`MON`, `JAN`), ranges, lists and steps; and `@hourly`, `@daily`, `@weekly`, `@monthly`. A day is meant if
//! its day of the month or its day of the week is, where both are said.

use api_types::{Moments, ScheduleShape};
use time::{Date, Duration, OffsetDateTime, Time};

/// Days that are looked through for the next time: the 29th of February comes within eight years.
const DAYS: i64 = 366 * 8 + 1;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// An expression that is understood. Bits stand for the values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minute: u8,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is 0.
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

/// Why a text is no expression, as it ends a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CronError {
    #[error("has five fields, or six with seconds: minute, hour, day of the month, month, day of the week")]
    Fields,
    #[error("has {0:?} where a number, a range or a list of {1} belongs")]
    Field(String, &'static str),
    #[error("names one minute: nothing runs more often than once an hour")]
    TooOften,
    #[error("names a day that never comes")]
    Never,
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`CronError`], which says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, CronError> {
        let text = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = match fields[..] {
            [minute, hour, day, month, weekday] => [minute, hour, day, month, weekday],
            [second, minute, hour, day, month, weekday] => {
                if second.parse::<u8>().is_ok_and(|second| second < 60) {
                    [minute, hour, day, month, weekday]
                } else {
                    return Err(CronError::Field(second.to_owned(), "seconds"));
                }
            }
            _ => return Err(CronError::Fields),
        };
        let minutes = bits(minute, "minutes", 0..=59, &[])?;
        if minutes.count_ones() != 1 {
            return Err(CronError::TooOften);
        }
        let weekdays = bits(weekday, "days of the week", 0..=7, &WEEKDAYS)?;
        let cron = Self {
            // There are 60 at most.
            minute: u8::try_from(minutes.trailing_zeros()).unwrap_or_default(),
            hours: bits(hour, "hours", 0..=23, &[])?,
            days: bits(day, "days of the month", 1..=31, &[])?,
            months: bits(month, "months", 1..=12, &MONTHS)?,
            weekdays: (weekdays & 0x7f) | (weekdays >> 7),
            any_day: matches!(day, "*" | "?"),
            any_weekday: matches!(weekday, "*" | "?"),
        };
        // Whatever comes at all comes within these years.
        cron.next(OffsetDateTime::UNIX_EPOCH).map(|_| cron).ok_or(CronError::Never)
    }

    /// The first time after that one.
    pub(crate) fn next(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut date = after.to_offset(time::UtcOffset::UTC).date();
        for _ in 0..DAYS {
            if self.is_on(date) {
                let hours = (0..24).filter(|hour| self.hours & (1 << hour) != 0);
                let times = hours.filter_map(|hour| Time::from_hms(hour, self.minute, 0).ok());
                if let Some(next) = times.map(|time| date.with_time(time).assume_utc()).find(|next| *next > after) {
                    return Some(next);
                }
            }
            date = date.checked_add(Duration::days(1))?;
        }
        None
    }

    fn is_on(&self, date: Date) -> bool {
        let day = self.days & (1 << date.day()) != 0;
        let weekday = self.weekdays & (1 << date.weekday().number_days_from_sunday()) != 0;
        let is_day = match (self.any_day, self.any_weekday) {
            (false, false) => day || weekday,
            _ => day && weekday,
        };
        is_day && self.months & (1 << u8::from(date.month())) != 0
    }

    /// What people would say of it, where they have words for it.
    pub(crate) fn shape(&self) -> ScheduleShape {
        let one = |bits: u64| bits.is_power_of_two().then(|| u8::try_from(bits.trailing_zeros()).unwrap_or_default());
        let minute = self.minute;
        let every_month = self.months == 0b1_1111_1111_1110;
        // Either of two fields of days means a day: that is no sentence.
        let either = !self.any_day && !self.any_weekday;
        let Self { hours, days, months, weekdays, .. } = *self;
        let sometimes = ScheduleShape::Sometimes(Moments { minute, hours, days, months, weekdays });
        match (one(self.hours), one(self.days), one(self.weekdays)) {
            _ if either => ScheduleShape::Other,
            _ if !every_month => sometimes,
            (None, ..) if self.hours == 0xff_ffff && self.any_day && self.any_weekday => {
                ScheduleShape::Hourly { minute }
            }
            (Some(hour), ..) if self.any_day && self.any_weekday => ScheduleShape::Daily { hour, minute },
            (Some(hour), _, Some(weekday)) if self.any_day => ScheduleShape::Weekly { weekday, hour, minute },
            (Some(hour), Some(day), _) if self.any_weekday => ScheduleShape::Monthly { day, hour, minute },
            _ => sometimes,
        }
    }
}

/// The values of a field as bits.
fn bits(text: &str, what: &'static str, range: std::ops::RangeInclusive<u8>, names: &[&str]) -> Result<u64, CronError> {
    let wrong = || CronError::Field(text.to_owned(), what);
    let first = *range.start();
    let value = |text: &str| -> Option<u8> {
        let found = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = match found {
            Some(at) => u8::try_from(at).ok()? + first,
            None if text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
            None => return None,
        };
        range.contains(&value).then_some(value)
    };
    let mut bits = 0_u64;
    for part in text.split(',') {
        let (span, step) = part.split_once('/').map_or((part, None), |(span, step)| (span, Some(step)));
        let (from, to) = match (span, span.split_once('-')) {
            ("*" | "?", _) => (first, *range.end()),
            (_, Some((from, to))) => (value(from).ok_or_else(wrong)?, value(to).ok_or_else(wrong)?),
            (one, None) => {
                let from = value(one).ok_or_else(wrong)?;
                (from, if step.is_some() { *range.end() } else { from })
            }
        };
        let step = match step {
            Some(step) => step.parse::<usize>().ok().filter(|step| *step > 0).ok_or_else(wrong)?,
            None => 1,
        };
        if from > to {
            return Err(wrong());
        }
        for value in (from..=to).step_by(step) {
            bits |= 1 << value;
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_next_time_is_the_first_after_now() {
        let now = datetime!(2026-11-28 22:15:30 UTC);
        for (text, next) in [
            ("0 * * * *", datetime!(2026-11-28 23:00 UTC)),
            ("15 * * * *", datetime!(2026-11-28 23:15 UTC)),
            ("16 * * * *", datetime!(2026-11-28 22:16 UTC)),
            ("0 0 0 * * *", datetime!(2026-11-29 00:00 UTC)),
            ("0 3 * * *", datetime!(2026-11-29 03:00 UTC)),
            ("@weekly", datetime!(2026-11-29 00:00 UTC)),
            ("30 4 * * MON", datetime!(2026-11-30 04:30 UTC)),
            ("0 0 1 * *", datetime!(2026-12-01 00:00 UTC)),
            ("0 0 29 2 *", datetime!(2028-02-29 00:00 UTC)),
            ("0 0 13 * fri", datetime!(2026-12-04 00:00 UTC)),
            ("0 */6 * * *", datetime!(2026-11-29 00:00 UTC)),
            ("0 8-18/2 * jan-feb 1-5", datetime!(2027-01-01 08:00 UTC)),
            ("0 0 * * 7", datetime!(2026-11-29 00:00 UTC)),
        ] {
            let cron = Cron::parse(text).unwrap();
            assert_eq!(cron.next(now), Some(next), "{text}");
            assert!(cron.next(next).unwrap() > next, "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for (text, told) in [
            ("", "five fields"),
            ("0 0 * *", "five fields"),
            ("0 0 0 0 * * *", "five fields"),
            ("* * * * *", "once an hour"),
            ("*/5 * * * *", "once an hour"),
            ("60 * * * *", "minutes"),
            ("0 24 * * *", "hours"),
            ("0 5-2 * * *", "hours"),
            ("0 0 0 * *", "days of the month"),
            ("0 0 * 13 *", "months"),
            ("0 0 * * 8", "days of the week"),
            ("0 */0 * * *", "hours"),
            ("* 0 0 * * *", "seconds"),
            ("0 0 30 2 *", "never"),
        ] {
            let error = Cron::parse(text).unwrap_err();
            assert!(error.to_string().contains(told), "{text}: {error}");
        }
    }

    fn sometimes(
        hours: &[u8],
        days: std::ops::RangeInclusive<u8>,
        months: std::ops::RangeInclusive<u8>,
        weekdays: &[u8],
    ) -> ScheduleShape {
        let bits = |values: &[u8]| values.iter().fold(0_u64, |bits, value| bits | (1_u64 << value));
        let (days, months): (Vec<u8>, Vec<u8>) = (days.collect(), months.collect());
        ScheduleShape::Sometimes(Moments {
            minute: 30,
            hours: bits(hours),
            days: bits(&days),
            months: bits(&months),
            weekdays: bits(weekdays),
        })
    }

    #[test]
    fn what_people_have_words_for_is_recognised() {
        for (text, shape) in [
            ("5 * * * *", ScheduleShape::Hourly { minute: 5 }),
            ("@daily", ScheduleShape::Daily { hour: 0, minute: 0 }),
            ("0 30 3 * * *", ScheduleShape::Daily { hour: 3, minute: 30 }),
            ("0 3 * * 7", ScheduleShape::Weekly { weekday: 0, hour: 3, minute: 0 }),
            ("0 3 1 * *", ScheduleShape::Monthly { day: 1, hour: 3, minute: 0 }),
            ("30 2 * * 1-5", sometimes(&[2], 1..=31, 1..=12, &[1, 2, 3, 4, 5])),
            ("30 2 * * sat,7", sometimes(&[2], 1..=31, 1..=12, &[0, 6])),
            ("30 2 * * 0,6", sometimes(&[2], 1..=31, 1..=12, &[0, 6])),
            ("30 3,15 * * *", sometimes(&[3, 15], 1..=31, 1..=12, &[0, 1, 2, 3, 4, 5, 6])),
            ("30 */6 1-7 jan-mar ?", sometimes(&[0, 6, 12, 18], 1..=7, 1..=3, &[0, 1, 2, 3, 4, 5, 6])),
            ("0 3 1 * mon", ScheduleShape::Other),
            ("0 3 1-31 * mon", ScheduleShape::Other),
        ] {
            assert_eq!(Cron::parse(text).unwrap().shape(), shape, "{text}");
        }
    }
}
