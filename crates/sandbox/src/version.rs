//! Which Chatwoot the sandbox answers as: two were recorded, and installations of both are in use.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChatwootVersion {
    /// As 4.0.4 was recorded.
    #[value(name = "4.0")]
    V4_0,
    /// As 4.16.2 was recorded.
    #[value(name = "4.16")]
    V4_16,
}

impl ChatwootVersion {
    /// For how many seconds a contact counts as online after the last sign of them.
    pub fn contact_presence_seconds(self) -> i64 {
        match self {
            Self::V4_0 => 20,
            Self::V4_16 => 90,
        }
    }
}
