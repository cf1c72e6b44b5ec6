//! The design system: components take plain values and callbacks, fetch nothing, and use words from [`crate::i18n`].
//!
//! Each file has its styles in `style/components` under the same name. Widths that depend on data are SVG attributes, because the
//! content security policy allows no style attributes.

pub mod attached;
pub mod avatar;
pub mod badge;
pub mod bar;
pub mod button;
pub mod choice;
pub mod command;
pub mod copy;
pub mod dialog;
pub mod digest;
pub mod empty;
pub mod field;
pub mod filter;
pub mod icon;
pub mod loaded;
pub mod menu;
pub mod notice;
pub mod page;
pub mod pager;
pub mod password;
pub mod picks;
pub mod platforms;
pub mod rich;
pub mod secret;
pub mod segmented;
pub mod skeleton;
pub mod step_up;
pub mod suggest;
pub mod table;
pub mod tabs;
pub mod time;
pub mod toast;

pub use attached::Attached;
pub use avatar::{ActorName, ActorSign, Avatar};
pub use badge::{Badge, Tone};
pub use bar::{Meter, StackBar, StackPart};
pub use button::{Button, ButtonKind, LinkButton};
pub use choice::Choice;
pub use command::{Client, Clients, Command, Joints, Snippet};
pub use copy::{CopyButton, CopyIcon};
pub use dialog::Dialog;
pub use digest::DigestText;
pub use empty::Empty;
pub use field::{Field, FormProblem, SearchField};
pub use filter::FilterForm;
pub use icon::{Glyph, Icon};
pub use loaded::{Failure, Loaded, WaitForIt};
pub use menu::{Menu, MenuLink, Picker};
pub use notice::{Notice, NoticeTone};
pub use page::{Fact, PageHead, PageTitle};
pub use pager::{Pager, Turns};
pub use password::PasswordField;
pub use picks::Picks;
pub use platforms::{PlatformList, PlatformSign};
pub use rich::Rich;
pub use secret::SecretPanel;
pub use segmented::{Segment, Segmented};
pub use skeleton::{Skeleton, SkeletonRows};
pub use step_up::StepUp;
pub use suggest::{SuggestField, Suggestion};
pub use table::SortHead;
pub use tabs::{Tab, Tabs};
pub use time::{Ago, Bytes, Moment};
