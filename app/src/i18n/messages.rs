//! The macro that holds messages in all languages side by side.

/// Declares one part of the catalogue; see the module above for the forms of a message.
macro_rules! messages {
    (@) => {};
    (@ $key:ident: $en:literal, $ko:literal; $($rest:tt)*) => {
        #[doc = $en]
        pub fn $key(self) -> &'static str {
            match self.0 {
                $crate::i18n::Locale::En => $en,
                $crate::i18n::Locale::Ko => $ko,
            }
        }
        messages! { @ $($rest)* }
    };
    (@ $key:ident($n:ident count $(, $argument:ident)*): one $one:literal, other $other:literal, $ko:literal; $($rest:tt)*) => {
        #[doc = $other]
        pub fn $key(self, $n: u64 $(, $argument: impl std::fmt::Display)*) -> String {
            let count = $n;
            let $n = $crate::i18n::format::number(count);
            match self.0 {
                $crate::i18n::Locale::En if count == 1 => format!($one),
                $crate::i18n::Locale::En => format!($other),
                $crate::i18n::Locale::Ko => format!($ko),
            }
        }
        messages! { @ $($rest)* }
    };
    (@ $key:ident($($argument:ident),+): $en:literal, $ko:literal; $($rest:tt)*) => {
        #[doc = $en]
        pub fn $key(self, $($argument: impl std::fmt::Display),+) -> String {
            match self.0 {
                $crate::i18n::Locale::En => format!($en),
                $crate::i18n::Locale::Ko => format!($ko),
            }
        }
        messages! { @ $($rest)* }
    };
    ($($(#[$doc:meta])* $name:ident { $($body:tt)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name($crate::i18n::Locale);

            impl $name {
                pub(crate) fn in_language(locale: $crate::i18n::Locale) -> Self {
                    Self(locale)
                }

                messages! { @ $($body)* }
            }
        )*
    };
}
