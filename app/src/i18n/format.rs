//! How numbers, sizes and times are written. Times are UTC: the server does not know the reader's zone, and both sides must agree.

use super::Locale;
use time::{Date, OffsetDateTime};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A number with its thousands apart, the same in all languages so far: `12,431`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in decimal units with three figures: `156 B`, `3.10 KB`, `61.8 MB`, `148 MB`; a round one, such as a quota, without
/// its zeros: `20 GB`. No line breaks before its unit.
pub fn bytes(bytes: u64) -> String {
    let (figures, unit) = measured(bytes);
    format!("{figures}\u{a0}{unit}")
}

/// A size among others below each other, with its zeros: `20.0 GB`.
pub fn size_in_column(bytes: u64) -> String {
    let (figures, unit) = three_figures(bytes);
    format!("{figures}\u{a0}{unit}")
}

/// As [`bytes`] for terminals and clients, with a space that is searched for as it is typed.
pub fn plain_bytes(bytes: u64) -> String {
    let (figures, unit) = measured(bytes);
    format!("{figures} {unit}")
}

const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];

/// The figures of a size and their unit, without zeros where it is round.
fn measured(bytes: u64) -> (String, &'static str) {
    let mut round = bytes;
    for unit in UNITS {
        if round == 0 || !round.is_multiple_of(1000) {
            break;
        }
        round /= 1000;
        if round < 1000 {
            return (round.to_string(), unit);
        }
    }
    three_figures(bytes)
}

fn three_figures(bytes: u64) -> (String, &'static str) {
    if bytes < 1000 {
        return (bytes.to_string(), "B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three figures are shown")]
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // What would be rounded up to 1000 is shown in the next unit.
    while value >= 999.5 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    let places = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    (format!("{value:.places$}"), UNITS[unit])
}

/// What a unit of size stands for.
const SIZES: [(&str, u64); 12] = [
    ("EB", 1_000_000_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
    ("PIB", 1 << 50),
    ("TIB", 1 << 40),
    ("GIB", 1 << 30),
    ("MIB", 1 << 20),
    ("KIB", 1 << 10),
];

/// The decimals of [`SIZES`], the largest first.
const DECIMAL: usize = 7;

/// A size as [`parse_bytes`] takes it, to the byte: `20 GB`, `1.5 TB`, `1048.576 KB`.
pub fn exact_bytes(bytes: u64) -> String {
    for (unit, size) in SIZES.into_iter().take(DECIMAL) {
        let (whole, rest) = (bytes / size, bytes % size);
        if whole == 0 {
            continue;
        }
        if rest == 0 {
            return format!("{whole} {unit}");
        }
        let thousandth = size / 1000;
        if thousandth > 0 && rest.is_multiple_of(thousandth) {
            let decimals = format!("{:03}", rest / thousandth);
            return format!("{whole}.{} {unit}", decimals.trim_end_matches('0'));
        }
    }
    format!("{bytes} B")
}

/// A size that a person wrote: a number and a unit, decimal (`500 MB`, `1.5TB`) or binary (`8 GiB`), in upper or lower case.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let unit = text[end..].trim().to_ascii_uppercase();
    let (_, size) = SIZES.into_iter().find(|(name, _)| *name == unit)?;
    let (whole, decimals) = text[..end].split_once('.').unwrap_or((&text[..end], ""));
    if decimals.len() > 9 || (whole.is_empty() && decimals.is_empty()) {
        return None;
    }
    let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u128>().ok() };
    let (whole, part, size) = (number(whole)?, number(decimals)?, u128::from(size));
    let scale = 10_u128.pow(u32::try_from(decimals.len()).ok()?);
    let bytes = whole.checked_mul(size)?.checked_add(part * size / scale)?;
    u64::try_from(bytes).ok()
}

/// A part of a whole in percent, never 0 or 100 unless it is exactly that.
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 || part == 0 {
        return 0;
    }
    if part >= whole {
        return 100;
    }
    let rounded = (u128::from(part) * 100 + u128::from(whole) / 2) / u128::from(whole);
    u64::try_from(rounded).unwrap_or(100).clamp(1, 99)
}

/// How long ago something was, where it stands alone: `4 min ago`, `Yesterday`, `Nov 20`.
pub fn ago(locale: Locale, now: OffsetDateTime, then: OffsetDateTime) -> String {
    told(locale, now, then, "Just now", "Yesterday")
}

/// The same after other words: `4 min ago`, `yesterday`, `Nov 20`. Korean knows no difference.
pub fn ago_in_sentence(locale: Locale, now: OffsetDateTime, then: OffsetDateTime) -> String {
    told(locale, now, then, "just now", "yesterday")
}

/// How long ago something was, with the English for the last moments and for the day before.
fn told(locale: Locale, now: OffsetDateTime, then: OffsetDateTime, just_now: &str, yesterday: &str) -> String {
    let (now, then) = (now.to_offset(time::UtcOffset::UTC), then.to_offset(time::UtcOffset::UTC));
    let seconds = (now - then).whole_seconds();
    let korean = locale == Locale::Ko;
    match seconds {
        // Clocks may differ a little; the future is told as a date when it is not by accident.
        -300..45 => (if korean { "방금" } else { just_now }).to_owned(),
        45..3570 => {
            let minutes = (seconds + 30) / 60;
            if korean { format!("{minutes}분 전") } else { format!("{minutes} min ago") }
        }
        3570..84_600 => {
            let hours = (seconds + 1800) / 3600;
            if korean { format!("{hours}시간 전") } else { format!("{hours} h ago") }
        }
        84_600.. if now.date().previous_day() == Some(then.date()) => {
            (if korean { "어제" } else { yesterday }).to_owned()
        }
        _ if now.year() == then.year() => day(locale, then.date()),
        _ => full_day(locale, then.date()),
    }
}

/// How long it is until something: `in 20 min`, `in 5 h`, `in 3 days`. What is past is told as [`ago_in_sentence`].
pub fn until(locale: Locale, now: OffsetDateTime, then: OffsetDateTime) -> String {
    let seconds = (then - now).whole_seconds();
    let korean = locale == Locale::Ko;
    match seconds {
        ..=0 => ago_in_sentence(locale, now, then),
        1..3600 => {
            let minutes = (seconds + 59) / 60;
            if korean { format!("{minutes}분 후") } else { format!("in {minutes} min") }
        }
        3600..172_800 => {
            let hours = seconds / 3600;
            if korean { format!("{hours}시간 후") } else { format!("in {hours} h") }
        }
        _ => {
            let days = seconds / 86_400;
            if korean { format!("{days}일 후") } else { format!("in {days} days") }
        }
    }
}

/// How long something took: `40 ms`, `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(locale: Locale, took: time::Duration) -> String {
    let millis = took.whole_milliseconds().max(0);
    let (hour, minute, second) = match locale {
        Locale::En => (" h", " min", " s"),
        Locale::Ko => ("시간", "분", "초"),
    };
    let seconds = millis / 1_000;
    match seconds {
        0 if millis < 100 => format!("{} ms", millis.max(1)),
        0..10 => format!("{seconds}.{}{second}", millis % 1_000 / 100),
        10..60 => format!("{seconds}{second}"),
        60..3_600 => format!("{}{minute} {}{second}", seconds / 60, seconds % 60),
        _ => format!("{}{hour} {}{minute}", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// A day of this year: `Nov 20`.
pub fn day(locale: Locale, date: Date) -> String {
    match locale {
        Locale::En => format!("{} {}", MONTHS[usize::from(u8::from(date.month())) - 1], date.day()),
        Locale::Ko => format!("{}월 {}일", u8::from(date.month()), date.day()),
    }
}

/// A day of any year: `Nov 20, 2026`.
pub fn full_day(locale: Locale, date: Date) -> String {
    match locale {
        Locale::En => format!("{}, {}", day(locale, date), date.year()),
        Locale::Ko => format!("{}년 {}", date.year(), day(locale, date)),
    }
}

/// A moment, to the minute: `Nov 23, 2026, 19:02 UTC`.
pub fn moment(locale: Locale, at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let separator = if locale == Locale::En { "," } else { "" };
    format!("{}{separator} {:02}:{:02} UTC", full_day(locale, at.date()), at.hour(), at.minute())
}

/// A moment, to the second: `Nov 23, 2026, 19:02:07 UTC`.
pub fn instant(locale: Locale, at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    moment(locale, at).replace(" UTC", &format!(":{:02} UTC", at.second()))
}

/// A moment for machines (RFC 3339), as in `<time datetime>`.
pub fn machine(at: OffsetDateTime) -> String {
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, macros::datetime};

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_431, "12,431"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn sizes_have_three_figures() {
        for (value, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 KB"),
            (1001, "1.00 KB"),
            (20_000_000_000, "20 GB"),
            (1_000_000_000_000, "1 TB"),
            (9_994, "9.99 KB"),
            (9_996, "10.0 KB"),
            (61_800_000, "61.8 MB"),
            (99_960_000, "100 MB"),
            (999_600_000, "1.00 GB"),
            (17_600_000_000, "17.6 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(plain_bytes(value), text);
        }
    }

    #[test]
    fn on_a_page_a_size_stays_with_its_unit() {
        for (value, text) in [(0, "0\u{a0}B"), (20_000_000_000, "20\u{a0}GB"), (9_994, "9.99\u{a0}KB")] {
            assert_eq!(bytes(value), text);
            assert_eq!(parse_bytes(text), parse_bytes(&plain_bytes(value)));
        }
    }

    #[test]
    fn in_a_column_sizes_have_as_many_figures_as_their_neighbours() {
        let sizes =
            [(47_000, "47.0\u{a0}KB"), (4_120, "4.12\u{a0}KB"), (148_000_000, "148\u{a0}MB"), (999, "999\u{a0}B")];
        for (value, text) in sizes {
            assert_eq!(size_in_column(value), text);
        }
    }

    #[test]
    fn a_size_that_is_written_is_read_to_the_byte() {
        for (text, size) in [
            ("20 GB", 20_000_000_000),
            ("1.5 TB", 1_500_000_000_000),
            ("1 KB", 1_000),
            ("1.048 MB", 1_048_000),
            ("1048.576 KB", 1_048_576),
            ("0 B", 0),
        ] {
            assert_eq!((exact_bytes(size).as_str(), parse_bytes(text)), (text, Some(size)));
        }
        for (text, size) in [(" 500mb ", 500_000_000), ("8 GiB", 8 << 30), (".5 kb", 500), ("0.000000001 GB", 1)] {
            assert_eq!(parse_bytes(text), Some(size), "{text}");
        }
        for text in ["", "20", "GB", ".", ". GB", "1.2.3 GB", "-1 GB", "1e3 GB", "99999999999999999999 EB", "5 GX"] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_is_never_rounded_to_nothing_or_all() {
        assert_eq!(
            [percent(0, 5), percent(1, 1000), percent(999, 1000), percent(5, 5), percent(1, 0)],
            [0, 1, 99, 100, 0]
        );
    }

    #[test]
    fn times_are_told_as_people_do() {
        let now = datetime!(2026-11-23 19:02 UTC);
        for (before, english, korean) in [
            (Duration::seconds(3), "Just now", "방금"),
            (Duration::minutes(4), "4 min ago", "4분 전"),
            (Duration::minutes(59), "59 min ago", "59분 전"),
            (Duration::hours(2), "2 h ago", "2시간 전"),
            (Duration::hours(30), "Yesterday", "어제"),
            (Duration::days(3), "Nov 20", "11월 20일"),
            (Duration::days(400), "Oct 19, 2025", "2025년 10월 19일"),
            (Duration::seconds(-20), "Just now", "방금"),
        ] {
            assert_eq!(ago(Locale::En, now, now - before), english);
            for korean_told in [ago, ago_in_sentence] {
                assert_eq!(korean_told(Locale::Ko, now, now - before), korean);
            }
        }
    }

    #[test]
    fn after_other_words_only_months_are_capitalised() {
        let now = datetime!(2026-11-23 19:02 UTC);
        for (before, told) in [
            (Duration::seconds(3), "just now"),
            (Duration::minutes(4), "4 min ago"),
            (Duration::hours(30), "yesterday"),
            (Duration::days(3), "Nov 20"),
        ] {
            assert_eq!(ago_in_sentence(Locale::En, now, now - before), told);
        }
    }

    #[test]
    fn what_is_to_come_is_never_told_as_farther_than_it_is() {
        let now = datetime!(2026-11-23 19:02 UTC);
        for (left, english, korean) in [
            (Duration::seconds(3), "in 1 min", "1분 후"),
            (Duration::minutes(59), "in 59 min", "59분 후"),
            (Duration::hours(47), "in 47 h", "47시간 후"),
            (Duration::hours(71), "in 2 days", "2일 후"),
            (Duration::days(14), "in 14 days", "14일 후"),
            (Duration::ZERO, "just now", "방금"),
        ] {
            assert_eq!(until(Locale::En, now, now + left), english);
            assert_eq!(until(Locale::Ko, now, now + left), korean);
        }
    }

    #[test]
    fn what_took_hardly_any_time_did_not_take_none() {
        for (millis, english, korean) in
            [(0, "1 ms", "1 ms"), (99, "99 ms", "99 ms"), (420, "0.4 s", "0.4초"), (12_400, "12 s", "12초")]
        {
            assert_eq!(duration(Locale::En, Duration::milliseconds(millis)), english);
            assert_eq!(duration(Locale::Ko, Duration::milliseconds(millis)), korean);
        }
    }

    #[test]
    fn moments_name_their_zone() {
        assert_eq!(moment(Locale::En, datetime!(2026-11-23 19:02 UTC)), "Nov 23, 2026, 19:02 UTC");
        assert_eq!(instant(Locale::En, datetime!(2026-11-23 19:02:07 UTC)), "Nov 23, 2026, 19:02:07 UTC");
        assert_eq!(moment(Locale::Ko, datetime!(2026-11-23 19:02 +9)), "2026년 11월 23일 10:02 UTC");
    }
}
