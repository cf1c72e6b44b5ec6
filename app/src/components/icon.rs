//! Icons out of the sprite `public/icons.svg`.

use crate::boot::use_boot;
use leptos::prelude::*;

macro_rules! glyphs {
    ($($name:ident = $id:literal,)*) => {
        /// A drawing of the sprite.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is named after what it shows")]
        pub enum Glyph { $($name,)* }

        impl Glyph {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its id in the sprite.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }
    };
}

glyphs! {
    Activity = "activity",
    Anchor = "anchor",
    ArrowDown = "arrow-down",
    ArrowRight = "arrow-right",
    ArrowUp = "arrow-up",
    Award = "award",
    Book = "book",
    Bot = "bot",
    Box = "box",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronLeft = "chevron-left",
    ChevronRight = "chevron-right",
    Circle = "circle",
    CircleAlert = "circle-alert",
    CircleCheck = "circle-check",
    Clock = "clock",
    Columns = "columns",
    Copy = "copy",
    Cpu = "cpu",
    Download = "download",
    Ellipsis = "ellipsis",
    External = "external",
    Eye = "eye",
    EyeOff = "eye-off",
    File = "file",
    FileCode = "file-code",
    FileText = "file-text",
    Filter = "filter",
    Globe = "globe",
    HardDrive = "hard-drive",
    Home = "home",
    Info = "info",
    Key = "key",
    Languages = "languages",
    Layers = "layers",
    Linux = "linux",
    Lock = "lock",
    LogOut = "log-out",
    Mark = "mark",
    Menu = "menu",
    Minus = "minus",
    Monitor = "monitor",
    Moon = "moon",
    Package = "package",
    Pencil = "pencil",
    Plus = "plus",
    Refresh = "refresh",
    Scan = "scan",
    Search = "search",
    Server = "server",
    Settings = "settings",
    ShieldCheck = "shield-check",
    ShipWheel = "ship-wheel",
    Sun = "sun",
    Tag = "tag",
    Terminal = "terminal",
    Trash = "trash",
    TriangleAlert = "triangle-alert",
    Undo = "undo",
    Upload = "upload",
    User = "user",
    Users = "users",
    WifiOff = "wifi-off",
    Windows = "windows",
    X = "x",
}

/// An icon in the colour of the text around it; hidden from screen readers unless it has a label.
#[component]
pub fn Icon(
    /// Which one.
    glyph: Glyph,
    /// More classes, such as `icon-large`.
    #[prop(optional)]
    class: &'static str,
    /// What it says, where no word beside it says the same.
    #[prop(optional, into)]
    label: Option<String>,
) -> impl IntoView {
    let href = format!("{}#{}", use_boot().icons, glyph.id());
    let role = label.is_some().then_some("img");
    let hidden = label.is_none().then_some("true");
    view! {
        <svg class=format!("icon {class}") role=role aria-label=label aria-hidden=hidden focusable="false">
            <use href=href></use>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::Glyph;

    #[test]
    fn the_sprite_has_every_glyph_and_no_more() {
        let sprite = include_str!("../../../public/icons.svg");
        for glyph in Glyph::ALL {
            assert!(sprite.contains(&format!("id=\"{}\"", glyph.id())), "{} is missing", glyph.id());
        }
        assert_eq!(sprite.matches("<symbol ").count(), Glyph::ALL.len());
    }
}
