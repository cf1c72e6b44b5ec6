//! Pages that were asked for by a name that their project had before.

use crate::routes::{self, project_of};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Where this very page is under the present name of its project; `None` if it was asked for by that. Both names may be of the
/// project or of something in it.
pub fn use_present_address(asked: &str, present: &str) -> Option<String> {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    present_address(&path, &query, project_of(asked), project_of(present))
}

fn present_address(path: &str, query: &str, asked: &str, present: &str) -> Option<String> {
    if asked == present {
        return None;
    }
    let rest = path.strip_prefix(routes::project(asked).to_string().as_str())?;
    let address = format!("{}{rest}", routes::project(present));
    let query = query.trim_start_matches('?');
    Some(if query.is_empty() { address } else { format!("{address}?{query}") })
}

#[cfg(test)]
mod tests {
    use super::present_address;

    #[test]
    fn only_the_name_of_the_project_changes() {
        let moved = |path, query| present_address(path, query, "team", "crew");
        assert_eq!(moved("/projects/team", "?tab=members").as_deref(), Some("/projects/crew?tab=members"));
        assert_eq!(moved("/projects/team/team/app:team", "").as_deref(), Some("/projects/crew/team/app:team"));
        assert_eq!(present_address("/projects/crew", "", "crew", "crew"), None);
        assert_eq!(moved("/elsewhere", ""), None);
    }
}
