//! What may be done in a project, in the words of `docs/robots.md` and of the API.

use api_types::Permission;

/// The permission that a word stands for.
pub fn parse(text: &str) -> Result<Permission, String> {
    let wanted = text.trim();
    Permission::ALL.into_iter().find(|permission| word(*permission) == wanted).ok_or_else(|| {
        let words = Permission::ALL.map(word);
        format!("expected some of {}", words.join(", "))
    })
}

/// The word for a permission.
pub fn word(permission: Permission) -> &'static str {
    match permission {
        Permission::Pull => "pull",
        Permission::SeeConfiguration => "see_configuration",
        Permission::SeeLabels => "see_labels",
        Permission::SeeMembers => "see_members",
        Permission::Push => "push",
        Permission::Retain => "retain",
        Permission::Delete => "delete",
        Permission::Administer => "administer",
    }
}

/// The words for some permissions, as [`parse`] takes them one by one.
pub fn words(permissions: &[Permission]) -> String {
    permissions.iter().copied().map(word).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_permission() {
        for permission in Permission::ALL {
            assert_eq!(parse(word(permission)), Ok(permission));
        }
        assert!(parse("own").is_err_and(|told| told.contains("pull, see_configuration")));
    }
}
