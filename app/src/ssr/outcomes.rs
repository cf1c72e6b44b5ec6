//! What became of several things that were asked for together.

use super::{find_context, problem_of};
use crate::Answer;
use api_types::{TrashDone, TrashFailure, TrashOutcome};
use registry::content::Attempt;

/// What became of entries of the trash, each under its name and with the tags of it that stayed as they are: told to the live page
/// in the answer, and without scripts on the page of [`super::answer_on`].
pub fn told<T>(answer: Answer<Vec<Attempt<T>>>, kept: impl Fn(T) -> Vec<String>) -> Answer<TrashOutcome> {
    let attempts = match answer {
        Answer::Done(attempts) => attempts,
        Answer::Refused(problem) => return Answer::Refused(problem),
    };
    let mut outcome = TrashOutcome::default();
    for Attempt { name, result } in attempts {
        match result {
            Ok(done) => outcome.done.push(TrashDone { name, kept: kept(done) }),
            Err(error) => outcome.failed.push(TrashFailure { name, problem: problem_of(&error) }),
        }
    }
    if let Some(context) = find_context() {
        context.page_answer.change(|answered| answered.outcome = Some(outcome.clone()));
    }
    Answer::Done(outcome)
}
