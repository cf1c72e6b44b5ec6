//! Statements about robots.

/// A robot's full name as Harbor spells it: `robot$ci` of the system, `robot$library+ci` of a project.
pub(crate) fn full_name(project: Option<&str>, name: &str) -> String {
    match project {
        Some(project) => format!("robot${project}+{name}"),
        None => format!("robot${name}"),
    }
}
