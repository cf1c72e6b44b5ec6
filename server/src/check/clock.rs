//! Whether clocks agree: tokens and signatures of the bucket are good for their time only.

use api_types::{CLOCK_WARNING, ClockPlace, Finding};
use http::{HeaderMap, header};
use time::{OffsetDateTime, format_description::FormatItem, macros::format_description};

use super::milliseconds;

/// What is between two clocks.
pub fn finding(place: ClockPlace, milliseconds: i64) -> Finding {
    if milliseconds.unsigned_abs() < CLOCK_WARNING {
        Finding::ClockGood { place, milliseconds }
    } else {
        Finding::ClockOff { place, milliseconds }
    }
}

/// The clock of whoever answered, by the `Date` of the answer (RFC 9110, section 6.6.1), which tells whole seconds and was written
/// between `asked` and `answered`.
pub fn of_answer(
    place: ClockPlace,
    headers: &HeaderMap,
    asked: OffsetDateTime,
    answered: OffsetDateTime,
) -> Option<Finding> {
    const DATE: &[FormatItem<'_>] =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let text = headers.get(header::DATE)?.to_str().ok()?;
    let told = time::PrimitiveDateTime::parse(text, DATE).ok()?.assume_utc();
    let (early, late) = (milliseconds(asked, told), milliseconds(answered, told + time::Duration::SECOND));
    let ahead = if early > 0 {
        early
    } else if late < 0 {
        late
    } else {
        0
    };
    Some(finding(place, ahead))
}
