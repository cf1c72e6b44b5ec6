//! When something happens again and again, in words: on which days, then at which times.

use super::Locale;
use api_types::Moments;

/// Hours, days and months that are told one by one; of more the expression says more.
const LISTED: usize = 6;

const EVERY_DAY: u64 = 0xffff_fffe;
const EVERY_MONTH: u64 = 0b1_1111_1111_1110;
const EVERY_WEEKDAY: u64 = 0b111_1111;

messages! {
    /// Moments that come again and again.
    Schedule {
        every_day: "Every day", "매일";
        every_day_in(months): "Every day in {months}", "매년 {months} 매일";
        weekdays_in(weekdays, months): "{weekdays} in {months}", "매년 {months} {weekdays}";
        at(days, times): "{days} at {times} UTC", "{days} {times} UTC";
        around(n count, first): one "Every hour from {first} UTC", other "Every {n} hours from {first} UTC", "{first} UTC부터 {n}시간마다";
        around_on(n count, days, first): one "{days}, every hour from {first} UTC", other "{days}, every {n} hours from {first} UTC", "{days} {first} UTC부터 {n}시간마다";
        within(n count, first, last): one "Every hour from {first} to {last} UTC", other "Every {n} hours from {first} to {last} UTC", "{first}~{last} UTC, {n}시간마다";
        within_on(n count, days, first, last): one "{days}, every hour from {first} to {last} UTC", other "{days}, every {n} hours from {first} to {last} UTC", "{days} {first}~{last} UTC, {n}시간마다";
    }
}

impl Schedule {
    /// Moments in words; `None` where a sentence would be harder to read than the expression.
    pub fn words(self, moments: Moments) -> Option<String> {
        let days = self.days(moments)?;
        let is_daily = (moments.days, moments.months, moments.weekdays) == (EVERY_DAY, EVERY_MONTH, EVERY_WEEKDAY);
        let minute = moments.minute;
        let time = |hour: u8| format!("{hour:02}:{minute:02}");
        let hours = values(moments.hours);
        let (first, last) = (*hours.first()?, *hours.last()?);
        let (from, to) = (time(first), time(last));
        Some(match step(&hours) {
            // The same step leads over midnight.
            Some(step) if step > 1 && first + 24 - last == step => {
                if is_daily {
                    self.around(step.into(), from)
                } else {
                    self.around_on(step.into(), days, from)
                }
            }
            Some(step) if step == 1 || hours.len() > 3 => {
                if is_daily {
                    self.within(step.into(), from, to)
                } else {
                    self.within_on(step.into(), days, from, to)
                }
            }
            _ if hours.len() <= LISTED => {
                let times: Vec<String> = hours.into_iter().map(time).collect();
                self.at(days, self.list(&times))
            }
            _ => return None,
        })
    }

    /// A day of the week; Sunday is 0, and 7.
    pub fn weekday(self, day: u8) -> &'static str {
        let days = match self.0 {
            Locale::En => ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
            Locale::Ko => ["일요일", "월요일", "화요일", "수요일", "목요일", "금요일", "토요일"],
        };
        days[usize::from(day) % 7]
    }

    fn days(self, moments: Moments) -> Option<String> {
        let months = if moments.months == EVERY_MONTH { None } else { Some(self.months(moments.months)?) };
        match (moments.days == EVERY_DAY, moments.weekdays == EVERY_WEEKDAY, months) {
            (true, true, None) => Some(self.every_day().to_owned()),
            (true, true, Some(months)) => Some(self.every_day_in(months)),
            (true, false, None) => Some(self.weekdays(moments.weekdays)),
            (true, false, Some(months)) => Some(self.weekdays_in(self.weekdays(moments.weekdays), months)),
            (false, true, months) => self.numbered(moments.days, months),
            (false, false, _) => None,
        }
    }

    fn weekdays(self, bits: u64) -> String {
        let from_sunday = values(bits);
        let mut from_monday: Vec<u8> = from_sunday.iter().map(|day| if *day == 0 { 7 } else { *day }).collect();
        from_monday.sort_unstable();
        let span = span(&from_monday).or_else(|| span(&from_sunday));
        let names: Vec<&str> = from_monday.iter().map(|day| self.weekday(*day)).collect();
        match (self.0, span) {
            (Locale::En, Some((first, last))) => format!("{} to {}", self.weekday(first), self.weekday(last)),
            (Locale::Ko, Some((first, last))) => format!("{}부터 {}까지", self.weekday(first), self.weekday(last)),
            (Locale::En, None) => format!("Every {}", self.list(&names)),
            (Locale::Ko, None) => format!("매주 {}", self.list(&names)),
        }
    }

    /// Days of the month, of these months or of every one.
    fn numbered(self, bits: u64, months: Option<String>) -> Option<String> {
        let days = values(bits);
        let word = if days.len() == 1 { "day" } else { "days" };
        let days = self.numbers(&days, |day| day.to_string())?;
        Some(match self.0 {
            Locale::En => format!("On {word} {days} of {}", months.as_deref().unwrap_or("every month")),
            Locale::Ko => {
                let months = months.map_or_else(|| "매월".to_owned(), |months| format!("매년 {months}"));
                format!("{months} {days}일")
            }
        })
    }

    fn months(self, bits: u64) -> Option<String> {
        const NAMES: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let months = values(bits);
        match self.0 {
            Locale::En => self.numbers(&months, |month| NAMES[(usize::from(month) + 11) % 12].to_owned()),
            Locale::Ko => self.numbers(&months, |month| month.to_string()).map(|months| format!("{months}월")),
        }
    }

    /// Values from the first to the last, or one by one.
    fn numbers(self, values: &[u8], name: impl Fn(u8) -> String) -> Option<String> {
        let names = || values.iter().map(|value| name(*value)).collect::<Vec<_>>();
        match (self.0, span(values)) {
            (Locale::En, Some((first, last))) => Some(format!("{} to {}", name(first), name(last))),
            (Locale::Ko, Some((first, last))) => Some(format!("{}~{}", name(first), name(last))),
            _ if values.len() > LISTED => None,
            (Locale::En, None) => Some(self.list(&names())),
            (Locale::Ko, None) => Some(names().join("·")),
        }
    }

    fn list<T: AsRef<str>>(self, names: &[T]) -> String {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        match (self.0, names.split_last()) {
            (Locale::En, Some((last, others))) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => names.join(", "),
        }
    }
}

/// The values that bits stand for, in order.
fn values(bits: u64) -> Vec<u8> {
    (0..64_u8).filter(|value| bits & (1_u64 << value) != 0).collect()
}

/// The first and the last of three values or more without a gap.
fn span(values: &[u8]) -> Option<(u8, u8)> {
    let (first, last) = (*values.first()?, *values.last()?);
    (values.len() > 2 && usize::from(last - first) + 1 == values.len()).then_some((first, last))
}

/// What lies between each of three values or more and the next, if it is the same everywhere.
fn step(values: &[u8]) -> Option<u8> {
    let [first, second, _, ..] = values else { return None };
    let step = second - first;
    values.windows(2).all(|pair| pair[1] - pair[0] == step).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(values: &[u8]) -> u64 {
        values.iter().fold(0_u64, |bits, value| bits | (1_u64 << value))
    }

    /// Half past these hours, every day.
    fn daily(hours: &[u8]) -> Moments {
        let hours = bits(hours);
        Moments { minute: 30, hours, days: EVERY_DAY, months: EVERY_MONTH, weekdays: EVERY_WEEKDAY }
    }

    #[test]
    fn moments_are_told_in_both_languages() {
        let night = daily(&[2]);
        let on = |weekdays: &[u8]| Moments { weekdays: bits(weekdays), ..night };
        let whole: Vec<u8> = (0..24).collect();
        for (moments, english, korean) in [
            (on(&[1, 2, 3, 4, 5]), "Monday to Friday at 02:30 UTC", "월요일부터 금요일까지 02:30 UTC"),
            (on(&[0, 5, 6]), "Friday to Sunday at 02:30 UTC", "금요일부터 일요일까지 02:30 UTC"),
            (on(&[0, 1, 2, 3, 4]), "Sunday to Thursday at 02:30 UTC", "일요일부터 목요일까지 02:30 UTC"),
            (on(&[0, 6]), "Every Saturday and Sunday at 02:30 UTC", "매주 토요일, 일요일 02:30 UTC"),
            (
                on(&[1, 3, 5]),
                "Every Monday, Wednesday and Friday at 02:30 UTC",
                "매주 월요일, 수요일, 금요일 02:30 UTC",
            ),
            (daily(&[3, 15]), "Every day at 03:30 and 15:30 UTC", "매일 03:30, 15:30 UTC"),
            (daily(&[0, 6, 12, 18]), "Every 6 hours from 00:30 UTC", "00:30 UTC부터 6시간마다"),
            (daily(&[0, 5, 10, 15, 20]), "Every 5 hours from 00:30 to 20:30 UTC", "00:30~20:30 UTC, 5시간마다"),
            (
                Moments { weekdays: bits(&[1, 2, 3, 4, 5]), ..daily(&[8, 9, 10, 11, 12]) },
                "Monday to Friday, every hour from 08:30 to 12:30 UTC",
                "월요일부터 금요일까지 08:30~12:30 UTC, 1시간마다",
            ),
            (
                Moments { weekdays: bits(&[6]), ..daily(&[1, 9, 17]) },
                "Every Saturday, every 8 hours from 01:30 UTC",
                "매주 토요일 01:30 UTC부터 8시간마다",
            ),
            (
                Moments { months: bits(&[7]), ..daily(&whole) },
                "Every day in July, every hour from 00:30 to 23:30 UTC",
                "매년 7월 매일 00:30~23:30 UTC, 1시간마다",
            ),
            (
                Moments { days: bits(&[1, 15]), ..night },
                "On days 1 and 15 of every month at 02:30 UTC",
                "매월 1·15일 02:30 UTC",
            ),
            (
                Moments { days: bits(&[1, 2, 3]), months: bits(&[1, 2, 3]), ..night },
                "On days 1 to 3 of January to March at 02:30 UTC",
                "매년 1~3월 1~3일 02:30 UTC",
            ),
            (
                Moments { days: bits(&[1]), months: bits(&[12]), ..night },
                "On day 1 of December at 02:30 UTC",
                "매년 12월 1일 02:30 UTC",
            ),
            (
                Moments { weekdays: bits(&[1]), months: bits(&[1, 4, 7, 10]), ..night },
                "Every Monday in January, April, July and October at 02:30 UTC",
                "매년 1·4·7·10월 매주 월요일 02:30 UTC",
            ),
        ] {
            assert_eq!(Schedule::in_language(Locale::En).words(moments).as_deref(), Some(english));
            assert_eq!(Schedule::in_language(Locale::Ko).words(moments).as_deref(), Some(korean));
        }
    }

    #[test]
    fn what_would_be_no_sentence_has_no_words() {
        let night = daily(&[2]);
        for moments in [
            daily(&[0, 1, 2, 4, 5, 7, 9]),
            Moments { days: bits(&[1, 3, 5, 7, 9, 11, 13]), ..night },
            Moments { days: bits(&[13]), weekdays: bits(&[5]), ..night },
        ] {
            assert_eq!(Schedule::in_language(Locale::En).words(moments), None);
        }
    }
}
